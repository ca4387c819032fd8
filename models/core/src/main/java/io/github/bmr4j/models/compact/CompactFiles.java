package io.github.bmr4j.models.compact;

import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Compact networks as safetensors files. {@code inputs} has the indices of the selected inputs. Of
 * layer number i, from 0, with S + 1 sets of weights, the mean's first:
 *
 * <table>
 * <caption>Tensors of a compact network</caption>
 * <tr><td>{@code i.bias}</td><td>[S + 1, outputs]</td></tr>
 * <tr><td>{@code i.weight}</td><td>[S + 1, outputs, inputs], if that is the smaller form</td></tr>
 * <tr><td>{@code i.values}, {@code i.columns}, {@code i.starts}</td><td>else compressed rows: [S +
 * 1, n] weights, [n] columns, [outputs + 1] numbers of the rows' first elements</td></tr>
 * </table>
 *
 * <p>The metadata has {@code format}, {@code layers}, {@code input_size}, for each layer {@code
 * i.name} and {@code i.activation}, and what the caller adds.
 */
public final class CompactFiles {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-compact-1";

  private CompactFiles() {}

  /**
   * Writes a network, atomically.
   *
   * @param file its folder must exist
   * @param network to write
   * @param metadata further entries, no key of which is used here
   * @throws IOException if it cannot be written
   */
  public static void save(Path file, CompactNetwork network, Map<String, String> metadata)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", FORMAT);
    metadata.forEach(writer::metadata);
    writer.metadata("layers", Integer.toString(network.layers().size()));
    writer.metadata("input_size", Integer.toString(network.inputs()));
    int[] selected = network.selectedInputs().stream().mapToInt(Integer::intValue).toArray();
    writer.ints("inputs", new int[] {selected.length}, selected);
    for (int i = 0; i < network.layers().size(); i++) {
      CompactLayer layer = network.layers().get(i);
      SparsePattern pattern = layer.pattern();
      int sets = layer.weights().size();
      writer.metadata(i + ".name", layer.name());
      writer.metadata(i + ".activation", layer.activation().name());
      writer.floats(i + ".bias", new int[] {sets, layer.outputs()}, joined(layer.biases()));
      if (layer.isSmallerSparse()) {
        writer.floats(i + ".values", new int[] {sets, pattern.count()}, joined(layer.weights()));
        writer.ints(
            i + ".columns",
            new int[] {pattern.count()},
            IntStream.range(0, pattern.count()).map(pattern::column).toArray());
        writer.ints(
            i + ".starts",
            new int[] {pattern.rows() + 1},
            IntStream.rangeClosed(0, pattern.rows()).map(pattern::start).toArray());
      } else {
        List<Slice> matrices =
            IntStream.range(0, sets).mapToObj(set -> Slice.of(layer.dense(set).array())).toList();
        writer.floats(
            i + ".weight", new int[] {sets, layer.outputs(), layer.inputs()}, joined(matrices));
      }
    }
    writer.write(file);
  }

  private static float[] joined(List<Slice> sets) {
    int length = sets.get(0).length();
    float[] all = new float[Math.multiplyExact(sets.size(), length)];
    for (int set = 0; set < sets.size(); set++) {
      System.arraycopy(sets.get(set).toArray(), 0, all, set * length, length);
    }
    return all;
  }

  /**
   * Reads a network.
   *
   * @param file as {@link #save} writes it
   * @throws InvalidFileException when the file is no compact network, is broken, or has a number
   *     that is not finite; names what is wrong
   * @throws IOException when it cannot be read at all
   */
  public static CompactNetwork load(Path file) throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      if (!FORMAT.equals(reader.metadata().get("format"))) {
        throw invalid(
            file, "format is " + reader.metadata().get("format") + ", expected " + FORMAT, null);
      }
      int count = number(file, reader, "layers");
      int inputs = number(file, reader, "input_size");
      List<Integer> selected = Arrays.stream(ints(file, reader, "inputs")).boxed().toList();
      List<CompactLayer> layers = new ArrayList<>();
      int width = selected.size();
      for (int i = 0; i < count; i++) {
        layers.add(layer(file, reader, i, width));
        width = layers.get(i).outputs();
      }
      return new CompactNetwork(inputs, selected, layers);
    } catch (IllegalArgumentException inconsistent) {
      throw invalid(file, inconsistent.getMessage(), inconsistent);
    }
  }

  private static CompactLayer layer(Path file, SafetensorsReader reader, int i, int inputs) {
    List<Long> shape = reader.entry(i + ".bias").shape();
    if (shape.size() != 2 || shape.get(0) < 1) {
      throw invalid(file, i + ".bias has the shape " + shape + ", expected [sets, outputs]", null);
    }
    float[] biases = floats(file, reader, i + ".bias", shape);
    long sets = shape.get(0);
    long outputs = shape.get(1);
    SparsePattern pattern;
    List<Slice> weights = new ArrayList<>();
    if (reader.contains(i + ".values")) {
      int[] columns = ints(file, reader, i + ".columns");
      int[] starts = ints(file, reader, i + ".starts");
      pattern = SparsePattern.of((int) outputs, inputs, starts, columns);
      List<Long> expected = List.of(sets, (long) columns.length);
      weights = cut(floats(file, reader, i + ".values", expected), (int) sets);
    } else {
      List<Long> expected = List.of(sets, outputs, (long) inputs);
      List<Slice> matrices = cut(floats(file, reader, i + ".weight", expected), (int) sets);
      Slice union = Slice.allocate((int) outputs * inputs);
      for (Slice matrix : matrices) {
        for (int p = 0; p < union.length(); p++) {
          union.set(p, matrix.get(p) != 0 ? 1 : union.get(p));
        }
      }
      pattern = SparsePattern.ofNonZeros(union.asMatrix((int) outputs, inputs));
      for (Slice matrix : matrices) {
        weights.add(pattern.gather(matrix.asMatrix((int) outputs, inputs)));
      }
    }
    return new CompactLayer(
        metadata(file, reader, i + ".name"),
        pattern,
        weights,
        cut(biases, (int) sets),
        activation(file, reader, i));
  }

  private static List<Slice> cut(float[] all, int sets) {
    int length = all.length / sets;
    return IntStream.range(0, sets)
        .mapToObj(set -> Slice.of(Arrays.copyOfRange(all, set * length, (set + 1) * length)))
        .toList();
  }

  private static UnaryFunction activation(Path file, SafetensorsReader reader, int i) {
    String name = metadata(file, reader, i + ".activation");
    try {
      return UnaryFunction.valueOf(name);
    } catch (IllegalArgumentException unknown) {
      throw invalid(
          file,
          i + ".activation is " + name + ", expected one of " + List.of(UnaryFunction.values()),
          unknown);
    }
  }

  private static float[] floats(
      Path file, SafetensorsReader reader, String name, List<Long> shape) {
    if (!reader.entry(name).shape().equals(shape)) {
      throw invalid(
          file,
          name + " has the shape " + reader.entry(name).shape() + ", expected " + shape,
          null);
    }
    float[] values = reader.readFloats(name);
    for (int i = 0; i < values.length; i++) {
      if (!Float.isFinite(values[i])) {
        throw invalid(
            file, name + "[" + i + "] is " + values[i] + ", expected a finite number", null);
      }
    }
    return values;
  }

  private static int[] ints(Path file, SafetensorsReader reader, String name) {
    long[] values = reader.readLongs(name);
    int[] ints = new int[values.length];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = (int) values[i];
      if (ints[i] != values[i]) {
        throw invalid(file, name + "[" + i + "] is " + values[i] + ", which is no index", null);
      }
    }
    return ints;
  }

  private static int number(Path file, SafetensorsReader reader, String key) {
    String text = metadata(file, reader, key);
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException notANumber) {
      throw invalid(file, key + " is \"" + text + "\", expected a number", notANumber);
    }
  }

  private static String metadata(Path file, SafetensorsReader reader, String key) {
    String value = reader.metadata().get(key);
    if (value == null) {
      throw invalid(file, "the metadata lacks " + key, null);
    }
    return value;
  }

  private static InvalidFileException invalid(Path file, String problem, Exception cause) {
    return new InvalidFileException(file.toString(), -1, problem, cause);
  }
}
