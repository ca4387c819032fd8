package io.github.bmr4j.cli;

import io.github.bmr4j.cli.picture.Axis;
import io.github.bmr4j.cli.picture.Chart;
import io.github.bmr4j.cli.picture.Histogram;
import io.github.bmr4j.cli.picture.Markup;
import io.github.bmr4j.cli.picture.Raster;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import io.github.bmr4j.models.pruning.ModelReduction.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * What a certificate says of each weight, as pictures: histograms of ΔF, means and signal-to-noise
 * ratios of weights that stayed and that left, which weights stayed, and the fields of the first
 * layer's units.
 */
final class WeightPictures {

  private static final int BINS = 60;
  private static final int MOST_PIXELS = 512;
  private static final int MOST_FIELDS = 64;

  /** Share of the values that may lie beyond each end of a histogram. */
  private static final double TAIL = 0.002;

  private final List<Decisions> layers;
  private final JsonFields result;

  /** The first layer's weights as the network computes with them, or null. */
  private final float[] first;

  private WeightPictures(List<Decisions> layers, JsonFields result, float[] first) {
    this.layers = layers;
    this.result = result;
    this.first = first;
  }

  /**
   * Reads what is needed.
   *
   * @param certificate of the run
   * @param posterior of the run; may be absent
   * @param result what {@code --json} prints
   * @return empty if the certificate is not about single weights
   */
  static Optional<WeightPictures> of(Path certificate, Path posterior, JsonFields result)
      throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(certificate)) {
      if (!CertificateFiles.FORMAT.equals(reader.metadata().get("format"))) {
        return Optional.empty();
      }
    }
    List<Decisions> layers = CertificateFiles.load(certificate).layers();
    if (layers.isEmpty()) {
      return Optional.empty();
    }
    float[] first = null;
    if (Files.exists(posterior)) {
      try (SafetensorsReader reader = SafetensorsReader.open(posterior)) {
        String name = layers.getFirst().block().layer() + ".weight";
        first = reader.contains(name) ? reader.readFloats(name) : null;
      }
    }
    return Optional.of(new WeightPictures(layers, result, first));
  }

  /** What the weights are distributed like. */
  List<Figure> histograms() {
    List<Figure> figures = new ArrayList<>();
    histogram(
        figures,
        "Evidence for removal",
        "\u0394F (nats)",
        values((layer, i) -> layer.deltaF()[i], true),
        values((layer, i) -> layer.deltaF()[i], false),
        "\u0394F = ln p\u0303(D) \u2212 ln p(D) of each weight when it left, or at the last round:"
            + " to the right the evidence is for the model without it.");
    histogram(
        figures,
        "Weights",
        "posterior mean \u03bc",
        values((layer, i) -> layer.mean()[i], true),
        values((layer, i) -> layer.mean()[i], false),
        "In units of the layer's scale.");
    Quantity ratio =
        (layer, i) -> Math.log10(Math.max(1e-6, Math.abs(layer.mean()[i]) / layer.deviation()[i]));
    histogram(
        figures,
        "Signal to noise",
        "log\u2081\u2080 |\u03bc|/\u03c3",
        values(ratio, true),
        values(ratio, false),
        "How sure the posterior is that a weight is not 0.");
    return figures;
  }

  /** What is known of weight i of a layer. */
  private interface Quantity {
    double of(Decisions layer, int i);
  }

  /** A quantity of all weights that stayed, or of all that left. */
  private double[] values(Quantity quantity, boolean kept) {
    DoubleStream.Builder values = DoubleStream.builder();
    for (Decisions layer : layers) {
      for (int i = 0; i < layer.reason().length; i++) {
        // Without any round a certificate has no posterior.
        if (isKept(layer, i) == kept && layer.deviation()[i] > 0) {
          values.add(quantity.of(layer, i));
        }
      }
    }
    return values.build().toArray();
  }

  private static boolean isKept(Decisions layer, int i) {
    return layer.reason()[i] == Reason.KEPT.code();
  }

  private static void histogram(
      List<Figure> figures, String title, String axis, double[] kept, double[] left, String note) {
    double[] all = DoubleStream.concat(DoubleStream.of(kept), DoubleStream.of(left)).toArray();
    if (all.length == 0) {
      return;
    }
    double from = Histogram.quantile(all, TAIL);
    double to = Histogram.quantile(all, 1 - TAIL);
    double margin = Math.max(1e-6, 0.02 * (to - from));
    Histogram ofKept = Histogram.between(from - margin, to + margin, BINS);
    Histogram ofLeft = Histogram.between(from - margin, to + margin, BINS);
    DoubleStream.of(kept).forEach(ofKept::add);
    DoubleStream.of(left).forEach(ofLeft::add);
    double most =
        DoubleStream.concat(DoubleStream.of(ofKept.counts()), DoubleStream.of(ofLeft.counts()))
            .max()
            .orElseThrow();
    Chart chart =
        new Chart(
                title,
                Axis.of(axis, from - margin, to + margin),
                new Axis("weights", 0.5, Math.max(10, 1.3 * most), true, List.of()))
            .bars("left", ofLeft.edges(), ofLeft.counts())
            .bars("stayed", ofKept.edges(), ofKept.counts());
    figures.add(new Figure(title, chart, note + " The outermost bars also have what lies beyond."));
  }

  /** Writes which weights stayed. */
  void masks(Markup page) {
    page.open("figure").element("h3", "Masks").open("div", "class", "masks");
    for (Decisions layer : layers) {
      ParameterBlock block = layer.block();
      int stride = Math.ceilDiv(Math.max(block.rows(), block.columns()), MOST_PIXELS);
      int width = Math.ceilDiv(block.columns(), stride);
      int height = Math.ceilDiv(block.rows(), stride);
      double[] kept = new double[width * height];
      for (int row = 0; row < block.rows(); row++) {
        for (int column = 0; column < block.columns(); column++) {
          if (isKept(layer, row * block.columns() + column)) {
            kept[row / stride * width + column / stride]++;
          }
        }
      }
      Raster mask = new Raster(width, height);
      for (int p = 0; p < kept.length; p++) {
        // The square root keeps single weights visible where many share a pixel.
        mask.set(p % width, p / width, Math.sqrt(kept[p] / ((double) stride * stride)));
      }
      image(
          page,
          mask,
          block.layer() + ": " + block.rows() + " units by " + block.columns() + " inputs");
    }
    page.close("div");
    page.element("figcaption", "Blue where a weight stayed; a row for each unit.").close("figure");
  }

  private static void image(Markup page, Raster raster, String what) {
    page.open("p", "class", "picture").element("span", what);
    page.empty(
        "img",
        "src",
        raster.dataUrl(),
        "alt",
        what,
        "width",
        raster.width(),
        "height",
        raster.height(),
        "style",
        "aspect-ratio:" + raster.width() + "/" + raster.height());
    page.close("p");
  }

  /** For each unit of the first layer that is left, its weights as a picture of the input. */
  void fields(Markup page) {
    Decisions layer = layers.getFirst();
    ParameterBlock block = layer.block();
    Optional<int[]> size = fieldSize(block);
    if (first == null || size.isEmpty()) {
      return;
    }
    int height = size.get()[0];
    int width = size.get()[1];
    int columns = block.columns();
    List<Integer> units =
        IntStream.range(0, block.rows())
            .boxed()
            .filter(unit -> norm(unit, columns) > 0)
            .sorted(Comparator.comparingDouble((Integer unit) -> -norm(unit, columns)))
            .limit(MOST_FIELDS)
            .toList();
    if (units.isEmpty()) {
      return;
    }
    int channels = columns / (height * width);
    List<Raster> fields = new ArrayList<>();
    for (int unit : units) {
      Raster field = new Raster(width * channels, height);
      double largest = 0;
      for (int i = 0; i < columns; i++) {
        largest = Math.max(largest, Math.abs(first[unit * columns + i]));
      }
      for (int i = 0; i < columns; i++) {
        int pixel = i % (height * width);
        int x = i / (height * width) * width + pixel % width;
        field.set(x, pixel / width, first[unit * columns + i] / largest);
      }
      fields.add(field);
    }
    page.open("figure").element("h3", "Fields of the first layer").open("div", "class", "fields");
    for (int i = 0; i < fields.size(); i++) {
      page.empty(
          "img",
          "src",
          fields.get(i).dataUrl(),
          "alt",
          "unit " + units.get(i),
          "title",
          "unit " + units.get(i));
    }
    page.close("div");
    page.element(
        "figcaption",
        "Weights of each unit that is left"
            + (units.size() == MOST_FIELDS ? ", the " + MOST_FIELDS + " largest" : "")
            + ": blue positive, red negative, at the posterior's mean.");
    page.close("figure");
  }

  private double norm(int unit, int columns) {
    double sum = 0;
    for (int i = 0; i < columns; i++) {
      sum += (double) first[unit * columns + i] * first[unit * columns + i];
    }
    return sum;
  }

  /** Height and width of the pictures that the first layer looks at, if they are pictures. */
  private Optional<int[]> fieldSize(ParameterBlock block) {
    int[] shape = block.weightShape().toArray();
    if (shape.length == 4) {
      return Optional.of(new int[] {shape[2], shape[3]});
    }
    double[] input = result.object("dataset").numbers("input_shape");
    boolean image =
        input.length == 3 && input[1] > 1 && input[0] * input[1] * input[2] == block.columns();
    return image ? Optional.of(new int[] {(int) input[1], (int) input[2]}) : Optional.empty();
  }
}
