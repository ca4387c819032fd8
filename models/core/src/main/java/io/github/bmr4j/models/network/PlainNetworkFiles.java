package io.github.bmr4j.models.network;

import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/**
 * A {@link PlainNetwork} as a safetensors file: {@code L.weight} and {@code L.bias} of each layer L
 * in the shapes that PyTorch has, F32; of a batch normalisation {@code L.running_mean} and {@code
 * L.running_var}, too. {@link PretrainedWeights} reads it for a network of these sizes.
 */
public final class PlainNetworkFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-plain-1";

  private PlainNetworkFiles() {}

  /**
   * Writes weights, atomically.
   *
   * @param file its folder must exist
   * @param plain whose
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(Path file, PlainNetwork plain, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", FORMAT);
    metadata.forEach(writer::metadata);
    for (ParameterBlock block : plain.network().parameters()) {
      float[] values = plain.weights().get(block.layer());
      int weights = block.weightShape().size();
      boolean normalization = block.columns() == 1 && block.bias();
      int[] shape = normalization ? new int[] {block.rows()} : block.weightShape().toArray();
      writer.floats(block.layer() + ".weight", shape, Arrays.copyOf(values, weights));
      if (block.bias()) {
        writer.floats(
            block.layer() + ".bias",
            new int[] {block.rows()},
            Arrays.copyOfRange(values, weights, values.length));
      }
      float[] statistics = plain.weights().get(block.layer() + PlainNetwork.RUNNING);
      if (statistics != null) {
        int channels = block.rows();
        writer.floats(
            block.layer() + ".running_mean",
            new int[] {channels},
            Arrays.copyOf(statistics, channels));
        writer.floats(
            block.layer() + ".running_var",
            new int[] {channels},
            Arrays.copyOfRange(statistics, channels, statistics.length));
      }
    }
    writer.write(file);
  }
}
