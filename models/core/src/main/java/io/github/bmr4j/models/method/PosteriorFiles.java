package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The posterior of a {@link FlatModel} as a safetensors file. For each layer L, with weights as
 * PyTorch has them, [out, in]:
 *
 * <table>
 * <caption>Tensors of a posterior file</caption>
 * <tr><td>{@code L.weight}, {@code L.bias}</td><td>w = s γ b with b at its posterior mean and s = k
 * exp(−m/2), what a plain network would use: the state dictionary of the pruned network</td></tr>
 * <tr><td>{@code L.weight.mean}, {@code L.bias.mean}</td><td>posterior means of b</td></tr>
 * <tr><td>{@code L.weight.std}, {@code L.bias.std}</td><td>its standard deviations σ</td></tr>
 * <tr><td>{@code L.weight.rho}, {@code L.bias.rho}</td><td>ρ with σ = softplus(ρ), from which the
 * model is loaded: so no bit of it is lost</td></tr>
 * <tr><td>{@code L.weight.mask}, {@code L.bias.mask}</td><td>γ: false where a weight was
 * pruned</td></tr>
 * <tr><td>{@code L.scale.mean}, {@code L.scale.std}, {@code L.scale.rho}</td><td>m and s of the
 * normal posterior of ln c⁻², single numbers</td></tr>
 * <tr><td>{@code L.correlation}</td><td>where weights depend on each other: T of {@link
 * io.github.bmr4j.engine.inference.RowCorrelation}, a row of numbers for each T</td></tr>
 * </table>
 *
 * <p>The metadata has {@code format}, {@code form} (of the posterior, as {@link
 * Latent.Posterior#title}; files without it are {@code normal}), for each layer {@code L.factor}
 * (k) and {@code L.prior_variance}, and what the caller adds. Moments of the optimiser are not
 * kept: the file is for predictions.
 */
public final class PosteriorFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-posterior-1";

  /** Value of the metadata's {@code format} in files of {@link #saveWeights}. */
  public static final String WEIGHTS_FORMAT = "bmr4j-weights-1";

  private PosteriorFiles() {}

  /**
   * Writes a model's posterior, atomically.
   *
   * @param file its folder must exist
   * @param backend that holds the model's parameters
   * @param model whose posterior
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(Path file, Backend backend, FlatModel model, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", FORMAT)
            .metadata("form", model.posterior().title());
    metadata.forEach(writer::metadata);
    for (FlatModel.Block layer : model.blocks()) {
      ParameterBlock block = layer.block();
      String name = block.layer();
      writer.metadata(name + ".factor", Double.toString(layer.factor()));
      writer.metadata(name + ".prior_variance", Double.toString(layer.weights().priorVariance()));

      float[] mean = pulled(backend, layer.weights().factors().mean());
      boolean[] mask = mask(backend, layer.weights());
      float[] scaleMean = pulled(backend, layer.scale().factors().mean());
      float[] scaleRho = pulled(backend, layer.scale().factors().rho());
      floats(writer, block, "", plain(mean, mask, layer.factor() * Math.exp(-0.5 * scaleMean[0])));
      floats(writer, block, ".mean", mean);
      floats(writer, block, ".std", pulled(backend, layer.weights().standardDeviations()));
      floats(writer, block, ".rho", pulled(backend, layer.weights().factors().rho()));
      booleans(writer, block, mask);
      if (layer.weights().correlation() != null) {
        float[] factor = pulled(backend, layer.weights().correlation().factor());
        writer.floats(name + ".correlation", new int[] {factor.length}, factor);
      }
      float scaleDeviation = (float) SpecialFunctions.softplus(scaleRho[0]);
      writer.floats(name + ".scale.mean", new int[0], scaleMean);
      writer.floats(name + ".scale.std", new int[0], new float[] {scaleDeviation});
      writer.floats(name + ".scale.rho", new int[0], scaleRho);
    }
    writer.write(file);
  }

  /**
   * Writes a network's weights with every random quantity at its posterior mean, atomically: the
   * state dictionary, {@code L.weight} and {@code L.bias} of each layer L. For models that have no
   * file of their own.
   *
   * @param file its folder must exist
   * @param backend that holds the model's parameters
   * @param model whose weights
   * @param metadata entries, no key of which may be {@code format}
   * @throws IOException if it cannot be written
   */
  public static void saveWeights(
      Path file, Backend backend, SampledNetwork model, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", WEIGHTS_FORMAT);
    metadata.forEach(writer::metadata);
    List<ParameterBlock> blocks = model.network().parameters();
    Node[] nodes = blocks.stream().map(model.draws()::weights).toArray(Node[]::new);
    Graph graph = Graph.forInference(backend, nodes);
    model.sampling().posteriorMean();
    graph.forward();
    for (int l = 0; l < nodes.length; l++) {
      floats(writer, blocks.get(l), "", pulled(backend, nodes[l].value().slice()));
    }
    writer.write(file);
  }

  static float[] pulled(Backend backend, Slice slice) {
    backend.memory().pull(slice);
    return slice.toArray();
  }

  static boolean[] mask(Backend backend, MeanFieldNormal weights) {
    boolean[] mask = new boolean[weights.size()];
    if (weights.mask() == null) {
      Arrays.fill(mask, true);
      return mask;
    }
    float[] values = pulled(backend, weights.mask());
    for (int i = 0; i < mask.length; i++) {
      mask[i] = values[i] != 0;
    }
    return mask;
  }

  private static float[] plain(float[] mean, boolean[] mask, double scale) {
    float[] weights = new float[mean.length];
    for (int i = 0; i < mean.length; i++) {
      weights[i] = mask[i] ? (float) (scale * mean[i]) : 0;
    }
    return weights;
  }

  static void floats(SafetensorsWriter writer, ParameterBlock block, String what, float[] values) {
    int[] shape = block.weightShape().toArray();
    writer.floats(block.layer() + ".weight" + what, shape, values, 0);
    if (block.bias()) {
      int weights = block.rows() * block.columns();
      writer.floats(block.layer() + ".bias" + what, new int[] {block.rows()}, values, weights);
    }
  }

  static void booleans(SafetensorsWriter writer, ParameterBlock block, boolean[] mask) {
    int weights = block.rows() * block.columns();
    writer.booleans(
        block.layer() + ".weight.mask",
        block.weightShape().toArray(),
        Arrays.copyOf(mask, weights));
    if (block.bias()) {
      writer.booleans(
          block.layer() + ".bias.mask",
          new int[] {block.rows()},
          Arrays.copyOfRange(mask, weights, mask.length));
    }
  }

  /** What a file says of one layer. */
  private record Read(
      float[] mean,
      float[] rho,
      boolean[] mask,
      float[] correlation,
      float[] scaleMean,
      float[] scaleRho) {}

  /**
   * Gives a model the posterior that a file has. Either all of it is taken over or, when an
   * exception is thrown, nothing.
   *
   * @param file as {@link #save} writes it
   * @param backend that holds the model's parameters
   * @param model of the same layers, factors and priors as the one that was saved
   * @return the file's metadata
   * @throws InvalidFileException when the file is no posterior, is broken, has a number that is not
   *     finite, or is of another model; names what and both values
   * @throws IOException when it cannot be read at all
   */
  public static Map<String, String> load(Path file, Backend backend, FlatModel model)
      throws IOException {
    Map<String, String> metadata;
    List<Read> layers = new ArrayList<>();
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      metadata = reader.metadata();
      require(file, "format", FORMAT, metadata.get("format"));
      require(file, "form", model.posterior().title(), form(file, metadata).title());
      for (FlatModel.Block layer : model.blocks()) {
        layers.add(read(file, reader, layer));
      }
    }
    for (int i = 0; i < layers.size(); i++) {
      take(backend, model.blocks().get(i), layers.get(i));
    }
    model.sampling().invalidate();
    return metadata;
  }

  /**
   * The form of a file's posterior.
   *
   * @param file for messages
   * @param metadata of the file
   * @throws InvalidFileException if there is no such form
   */
  public static Latent.Posterior form(Path file, Map<String, String> metadata) {
    String title = metadata.getOrDefault("form", Latent.Posterior.NORMAL.title());
    for (Latent.Posterior form : Latent.Posterior.values()) {
      if (form.title().equals(title)) {
        return form;
      }
    }
    throw new InvalidFileException(
        file.toString(),
        -1,
        "form is "
            + title
            + " in the file, expected one of "
            + Arrays.stream(Latent.Posterior.values()).map(Latent.Posterior::title).toList());
  }

  private static Read read(Path file, SafetensorsReader reader, FlatModel.Block layer) {
    ParameterBlock block = layer.block();
    String name = block.layer();
    Map<String, String> metadata = reader.metadata();
    require(
        file, name + ".factor", Double.toString(layer.factor()), metadata.get(name + ".factor"));
    require(
        file,
        name + ".prior_variance",
        Double.toString(layer.weights().priorVariance()),
        metadata.get(name + ".prior_variance"));
    return new Read(
        floats(file, reader, block, ".mean"),
        floats(file, reader, block, ".rho"),
        booleans(file, reader, block),
        layer.weights().correlation() == null
            ? new float[0]
            : floats(
                file,
                reader,
                name + ".correlation",
                List.of(layer.weights().correlation().factor().length())),
        floats(file, reader, name + ".scale.mean", List.of()),
        floats(file, reader, name + ".scale.rho", List.of()));
  }

  static void require(Path file, String key, String expected, String found) {
    if (!expected.equals(found)) {
      throw new InvalidFileException(
          file.toString(), -1, key + " is " + found + " in the file, expected " + expected);
    }
  }

  static float[] floats(Path file, SafetensorsReader reader, ParameterBlock block, String what) {
    String name = block.layer();
    float[] weights = floats(file, reader, name + ".weight" + what, weightShape(block));
    if (!block.bias()) {
      return weights;
    }
    float[] biases = floats(file, reader, name + ".bias" + what, List.of(block.rows()));
    float[] all = Arrays.copyOf(weights, block.size());
    System.arraycopy(biases, 0, all, weights.length, biases.length);
    return all;
  }

  static float[] floats(Path file, SafetensorsReader reader, String name, List<Integer> shape) {
    requireShape(file, reader, name, shape);
    float[] values = reader.readFloats(name);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            name + "[" + i + "] is " + values[i] + ", expected a finite number");
      }
    }
    return values;
  }

  static boolean[] booleans(Path file, SafetensorsReader reader, ParameterBlock block) {
    String name = block.layer();
    requireShape(file, reader, name + ".weight.mask", weightShape(block));
    boolean[] weights = reader.readBooleans(name + ".weight.mask");
    if (!block.bias()) {
      return weights;
    }
    requireShape(file, reader, name + ".bias.mask", List.of(block.rows()));
    boolean[] biases = reader.readBooleans(name + ".bias.mask");
    boolean[] all = Arrays.copyOf(weights, block.size());
    System.arraycopy(biases, 0, all, weights.length, biases.length);
    return all;
  }

  private static List<Integer> weightShape(ParameterBlock block) {
    return Arrays.stream(block.weightShape().toArray()).boxed().toList();
  }

  private static void requireShape(
      Path file, SafetensorsReader reader, String name, List<Integer> shape) {
    List<Long> found = reader.entry(name).shape();
    if (!found.equals(shape.stream().map(Integer::longValue).toList())) {
      throw new InvalidFileException(
          file.toString(), -1, name + " has the shape " + found + ", expected " + shape);
    }
  }

  private static void take(Backend backend, FlatModel.Block layer, Read read) {
    set(backend, layer.weights(), read.mean(), read.rho());
    set(backend, layer.scale(), read.scaleMean(), read.scaleRho());
    if (layer.weights().correlation() != null) {
      Slice factor = layer.weights().correlation().factor();
      factor.copyFrom(read.correlation(), 0);
      backend.memory().push(factor);
    }
    float[] mask = new float[read.mask().length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = read.mask()[i] ? 1 : 0;
    }
    layer.weights().setMask(mask);
  }

  private static void set(Backend backend, Latent latent, float[] mean, float[] rho) {
    latent.factors().mean().copyFrom(mean, 0);
    latent.factors().rho().copyFrom(rho, 0);
    backend.memory().push(latent.factors().mean());
    backend.memory().push(latent.factors().rho());
  }
}
