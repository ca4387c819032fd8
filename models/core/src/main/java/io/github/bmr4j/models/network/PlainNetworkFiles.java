package io.github.bmr4j.models.network;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.TensorReader;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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

  /**
   * Reads weights, for dense layers and convolutions of the sizes that the file has.
   *
   * @param file as {@link #save} writes it, or any with these names and shapes
   * @param whole the network before units left it: its layers, in this order
   * @throws InvalidFileException when the file is broken, lacks a tensor, has a number that is not
   *     finite, or has layers that do not fit together; names what
   * @throws IOException when it cannot be read at all
   */
  public static PlainNetwork load(Path file, Network whole) throws IOException {
    try (TensorReader reader = TensorReader.open(file)) {
      List<Layer> layers = new ArrayList<>();
      for (Layer layer : whole.layers()) {
        layers.add(sized(file, reader, layer));
      }
      Network network = new Network(whole.name(), whole.input(), layers);
      Map<String, float[]> weights = new HashMap<>();
      for (ParameterBlock block : network.parameters()) {
        weights.put(block.layer(), values(file, reader, block));
      }
      return new PlainNetwork(network, weights);
    } catch (IllegalArgumentException | ArithmeticException inconsistent) {
      throw new InvalidFileException(file.toString(), -1, inconsistent.getMessage(), inconsistent);
    }
  }

  private static Layer sized(Path file, TensorReader reader, Layer layer) {
    return switch (layer) {
      case Dense dense -> {
        int[] shape = shape(file, reader, dense.name() + ".weight", 2);
        yield new Dense(dense.name(), shape[1], shape[0]);
      }
      case Convolution whole when whole.groups() == 1 -> {
        int[] shape = shape(file, reader, whole.name() + ".weight", 4);
        yield new Convolution(whole.name(), shape[1], shape[0], whole.window(), 1, whole.bias());
      }
      default -> layer;
    };
  }

  private static int[] shape(Path file, TensorReader reader, String name, int rank) {
    requirePresent(file, reader, name);
    List<Long> shape = reader.entry(name).shape();
    if (shape.size() != rank) {
      throw new InvalidFileException(
          file.toString(), -1, name + " has the shape " + shape + ", expected rank " + rank);
    }
    return shape.stream().mapToInt(Math::toIntExact).toArray();
  }

  private static void requirePresent(Path file, TensorReader reader, String name) {
    if (!reader.contains(name)) {
      throw new InvalidFileException(
          file.toString(), -1, "there is no tensor " + name + ", which the network needs");
    }
  }

  private static float[] values(Path file, TensorReader reader, ParameterBlock block) {
    float[] all = new float[block.size()];
    int weights = block.weightShape().size();
    copy(file, reader, block.layer() + ".weight", all, 0, weights);
    if (block.bias()) {
      copy(file, reader, block.layer() + ".bias", all, weights, block.rows());
    }
    return all;
  }

  private static void copy(
      Path file, TensorReader reader, String name, float[] to, int at, int length) {
    requirePresent(file, reader, name);
    float[] values = reader.readFloats(name);
    if (values.length != length) {
      throw new InvalidFileException(
          file.toString(),
          -1,
          name
              + " has the shape "
              + reader.entry(name).shape()
              + ", expected "
              + length
              + " numbers");
    }
    for (int i = 0; i < length; i++) {
      if (!Float.isFinite(values[i])) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            name + "[" + i + "] is " + values[i] + ", expected a finite number");
      }
    }
    System.arraycopy(values, 0, to, at, length);
  }
}
