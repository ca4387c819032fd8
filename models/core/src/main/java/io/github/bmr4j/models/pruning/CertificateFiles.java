package io.github.bmr4j.models.pruning;

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
 * metadata has v as {@code L.prior_variance}, {@code rule}, {@code rounds}, {@code format}, and
 * what the caller adds.
 */
public final class CertificateFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-certificate-1";

  private CertificateFiles() {}

  /**
   * A certificate that was read.
   *
   * @param layers from input to output, as the caller gave them
   * @param metadata of the file
   */
  public record Certificate(List<ModelReduction.Decisions> layers, Map<String, String> metadata) {

    /** Keeps both from being changed. */
    public Certificate {
      layers = List.copyOf(layers);
      metadata = Map.copyOf(metadata);
    }

    /**
     * The variance v of the prior N(0, v) of a layer's weights.
     *
     * @param layer its name
     */
    public double priorVariance(String layer) {
      return Double.parseDouble(metadata.get(layer + ".prior_variance"));
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
            .metadata("rounds", Integer.toString(reduction.rounds()))
            .metadata("reduced_prior", "spike at 0");
    metadata.forEach(writer::metadata);
    for (ModelReduction.Layer layer : reduction.layers()) {
      writer.metadata(
          layer.block().layer() + ".prior_variance",
          Double.toString(layer.weights().priorVariance()));
    }
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
   * @param blocks the layers it is about
   * @throws InvalidFileException when the file is no certificate, broken, or of other layers
   * @throws IOException when it cannot be read at all
   */
  public static Certificate load(Path file, List<ParameterBlock> blocks) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      String format = reader.metadata().get("format");
      if (!FORMAT.equals(format)) {
        throw new InvalidFileException(
            file.toString(), -1, "format is " + format + " in the file, expected " + FORMAT);
      }
      List<ModelReduction.Decisions> layers = new ArrayList<>();
      for (ParameterBlock block : blocks) {
        layers.add(read(file, reader, block));
      }
      return new Certificate(layers, reader.metadata());
    }
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
