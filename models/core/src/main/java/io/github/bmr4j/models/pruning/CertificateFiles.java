package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The certificate of a pruning as a safetensors file: for each weight that left, why, and what that
 * was computed from, so that it can be checked again later. For each layer L, {@code weight} of
 * shape [out, in] and {@code bias} of [out]:
 *
 * <table>
 * <caption>Tensors of a certificate</caption>
 * <tr><td>{@code L.weight.reason}</td><td>U8: 0 in the model, 1 removed by its evidence, 2 removed
 * because it did nothing any more ({@link ModelReduction.Reason})</td></tr>
 * <tr><td>{@code L.weight.round}</td><td>I32: round of its removal, from 1; 0 if it is in the
 * model</td></tr>
 * <tr><td>{@code L.weight.mean}, {@code L.weight.std}</td><td>F32: posterior μ, σ at the removal; of
 * weights in the model, at the last round</td></tr>
 * <tr><td>{@code L.weight.delta_f}</td><td>F32: ΔF = ln p̃(D) − ln p(D) at that time, in nats; larger
 * is better for the model without it</td></tr>
 * </table>
 *
 * <p>For a prior N(0, v) and a reduced prior that is a spike at 0, ΔF = ½ ln(v/σ²) − μ²/(2σ²). The
 * metadata has {@code format}, {@code rule}, {@code layers} (a JSON array of the names in order),
 * {@code rounds} (a JSON array with, for each round, {@code thresholds} and {@code prior_variances}
 * of the layers, the counts {@code removed_by_evidence} and {@code removed_as_dead}, and {@code
 * delta_f_predicted}), {@code compares_evidence} (see {@link PruningRule}), {@code adds_evidence}
 * (false where weights depend on each other in the posterior: ΔF is then that of each weight by
 * itself, {@code delta_f_predicted} that of all together), {@code chained} and {@code zero_at_zero}
 * (which weights are dead when others have left, see {@link DeadUnits}), and what the caller adds.
 * {@link CertificateCheck} computes it again.
 */
public final class CertificateFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-certificate-1";

  private CertificateFiles() {}

  /**
   * A certificate that was read.
   *
   * @param layers from input to output
   * @param rounds what each pruning did
   * @param comparesEvidence as {@link PruningRule#comparesEvidence} of the rule
   * @param addsEvidence whether a round's ΔF is the sum of its weights'
   * @param chained whether dead units were looked for
   * @param zeroAtZero whether the activations between the layers map 0 to 0
   * @param metadata of the file
   */
  public record Certificate(
      List<ModelReduction.Decisions> layers,
      List<ModelReduction.Round> rounds,
      boolean comparesEvidence,
      boolean addsEvidence,
      boolean chained,
      boolean zeroAtZero,
      Map<String, String> metadata) {

    /** Keeps all from being changed. */
    public Certificate {
      layers = List.copyOf(layers);
      rounds = List.copyOf(rounds);
      metadata = Map.copyOf(metadata);
    }
  }

  /**
   * Writes a certificate, atomically.
   *
   * @param file its folder must exist
   * @param reduction what was decided
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(Path file, ModelReduction reduction, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .metadata("format", FORMAT)
            .metadata("rule", reduction.rule().name())
            .metadata("reduced_prior", "spike at 0")
            .metadata("compares_evidence", Boolean.toString(reduction.rule().comparesEvidence()))
            .metadata("adds_evidence", Boolean.toString(!reduction.isCorrelated()))
            .metadata("chained", Boolean.toString(reduction.isChained()))
            .metadata("zero_at_zero", Boolean.toString(reduction.isZeroAtZero()))
            .metadata(
                "layers",
                Json.write(reduction.layers().stream().map(l -> l.block().layer()).toList()))
            .metadata(
                "rounds",
                Json.write(reduction.history().stream().map(CertificateFiles::json).toList()));
    metadata.forEach(writer::metadata);
    for (ModelReduction.Decisions layer : reduction.decisions()) {
      ParameterBlock block = layer.block();
      int weights = block.rows() * block.columns();
      part(writer, layer, "weight", block.weightShape().toArray(), 0, weights);
      if (block.bias()) {
        part(writer, layer, "bias", new int[] {block.rows()}, weights, block.size());
      }
    }
    writer.write(file);
  }

  private static Map<String, Object> json(ModelReduction.Round round) {
    Map<String, Object> json = new LinkedHashMap<>();
    // NaN, where a layer has no threshold, is null.
    json.put("thresholds", round.thresholds().stream().map(Json::finiteOrNull).toList());
    json.put("prior_variances", round.priorVariances());
    json.put("removed_by_evidence", round.byEvidence());
    json.put("removed_as_dead", round.byStructure());
    json.put("delta_f_predicted", round.predicted());
    return json;
  }

  private static void part(
      SafetensorsWriter writer,
      ModelReduction.Decisions layer,
      String part,
      int[] shape,
      int from,
      int to) {
    String name = layer.block().layer() + "." + part;
    writer.floats(name + ".delta_f", shape, layer.deltaF(), from);
    writer.floats(name + ".mean", shape, layer.mean(), from);
    writer.floats(name + ".std", shape, layer.deviation(), from);
    writer.ints(name + ".round", shape, Arrays.copyOfRange(layer.round(), from, to));
    writer.bytes(name + ".reason", shape, Arrays.copyOfRange(layer.reason(), from, to));
  }

  /**
   * Reads a certificate.
   *
   * @param file as {@link #save} writes it
   * @throws InvalidFileException when the file is no certificate, or broken
   * @throws IOException when it cannot be read at all
   */
  public static Certificate load(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Map<String, String> metadata = reader.metadata();
      if (!FORMAT.equals(metadata.get("format"))) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            "format is " + metadata.get("format") + " in the file, expected " + FORMAT);
      }
      List<ModelReduction.Decisions> layers = new ArrayList<>();
      for (Object name : array(file, metadata, "layers")) {
        layers.add(read(file, reader, block(file, reader, String.valueOf(name))));
      }
      List<ModelReduction.Round> rounds = new ArrayList<>();
      for (Object round : array(file, metadata, "rounds")) {
        rounds.add(round(file, rounds.size() + 1, round, layers.size()));
      }
      return new Certificate(
          layers,
          rounds,
          Boolean.parseBoolean(metadata.get("compares_evidence")),
          !"false".equals(metadata.get("adds_evidence")),
          Boolean.parseBoolean(metadata.get("chained")),
          Boolean.parseBoolean(metadata.get("zero_at_zero")),
          metadata);
    }
  }

  private static List<?> array(Path file, Map<String, String> metadata, String key) {
    String text = metadata.get(key);
    if (text != null && Json.parse(text, file + ", metadata " + key) instanceof List<?> list) {
      return list;
    }
    throw new InvalidFileException(
        file.toString(), -1, "the metadata has " + key + " = " + text + ", expected a JSON array");
  }

  private static ParameterBlock block(Path file, SafetensorsReader reader, String layer) {
    int[] shape =
        reader.entry(layer + ".weight.reason").shape().stream()
            .mapToInt(Math::toIntExact)
            .toArray();
    if (shape.length < 2) {
      throw new InvalidFileException(
          file.toString(),
          -1,
          layer + ".weight has " + shape.length + " dimensions, expected at least 2");
    }
    return new ParameterBlock(layer, Shape.of(shape), reader.contains(layer + ".bias.reason"));
  }

  private static ModelReduction.Round round(Path file, int number, Object json, int layers) {
    if (json instanceof Map<?, ?> round
        && round.get("removed_by_evidence") instanceof Long byEvidence
        && round.get("removed_as_dead") instanceof Long asDead
        && round.get("delta_f_predicted") instanceof Number predicted
        && round.get("thresholds") instanceof List<?> thresholds
        && round.get("prior_variances") instanceof List<?> variances
        && thresholds.size() == layers
        && variances.size() == layers) {
      return new ModelReduction.Round(
          number,
          byEvidence,
          asDead,
          predicted.doubleValue(),
          thresholds.stream().map(CertificateFiles::number).toList(),
          variances.stream().map(CertificateFiles::number).toList());
    }
    throw new InvalidFileException(
        file.toString(),
        -1,
        "the metadata has "
            + json
            + " as round "
            + number
            + ", expected counts, the predicted change, and a threshold and a prior's variance for"
            + " each of "
            + layers
            + " layers");
  }

  private static double number(Object json) {
    return json instanceof Number number ? number.doubleValue() : Double.NaN;
  }

  private static ModelReduction.Decisions read(
      Path file, SafetensorsReader reader, ParameterBlock block) {
    long[] reason = longs(file, reader, block, ".reason", ModelReduction.Reason.values().length);
    byte[] bytes = new byte[reason.length];
    IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) reason[i]);
    long[] round = longs(file, reader, block, ".round", Integer.MAX_VALUE);
    return new ModelReduction.Decisions(
        block,
        bytes,
        Arrays.stream(round).mapToInt(Math::toIntExact).toArray(),
        floats(file, reader, block, ".mean"),
        floats(file, reader, block, ".std"),
        floats(file, reader, block, ".delta_f"));
  }

  private static long[] longs(
      Path file, SafetensorsReader reader, ParameterBlock block, String what, long bound) {
    requireShapes(file, reader, block, what);
    long[] weights = reader.readLongs(block.layer() + ".weight" + what);
    long[] all = Arrays.copyOf(weights, block.size());
    if (block.bias()) {
      long[] biases = reader.readLongs(block.layer() + ".bias" + what);
      System.arraycopy(biases, 0, all, weights.length, biases.length);
    }
    for (int i = 0; i < all.length; i++) {
      if (all[i] < 0 || all[i] >= bound) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            block.layer() + what + "[" + i + "] is " + all[i] + ", expected 0 … " + (bound - 1));
      }
    }
    return all;
  }

  private static float[] floats(
      Path file, SafetensorsReader reader, ParameterBlock block, String what) {
    requireShapes(file, reader, block, what);
    float[] weights = reader.readFloats(block.layer() + ".weight" + what);
    float[] all = Arrays.copyOf(weights, block.size());
    if (block.bias()) {
      float[] biases = reader.readFloats(block.layer() + ".bias" + what);
      System.arraycopy(biases, 0, all, weights.length, biases.length);
    }
    return all;
  }

  private static void requireShapes(
      Path file, SafetensorsReader reader, ParameterBlock block, String what) {
    requireShape(
        file,
        reader,
        block.layer() + ".weight" + what,
        Arrays.stream(block.weightShape().toArray()).asLongStream().boxed().toList());
    if (block.bias()) {
      requireShape(file, reader, block.layer() + ".bias" + what, List.of((long) block.rows()));
    }
  }

  private static void requireShape(
      Path file, SafetensorsReader reader, String name, List<Long> shape) {
    List<Long> found = reader.entry(name).shape();
    if (!found.equals(shape)) {
      throw new InvalidFileException(
          file.toString(), -1, name + " has the shape " + found + ", expected " + shape);
    }
  }
}
