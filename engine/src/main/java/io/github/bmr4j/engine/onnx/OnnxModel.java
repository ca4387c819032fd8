package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * An ONNX model (onnx.proto3 of https://github.com/onnx/onnx) as its file has it: with one input,
 * of which a batch comes first, constants, and nodes in order of execution. {@link OnnxPrediction}
 * runs it. Immutable.
 */
public final class OnnxModel {

  /** Operator sets whose operators are understood. */
  static final int OLDEST_OPERATORS = 13;

  static final int NEWEST_OPERATORS = 22;

  /** Planning memory takes the square of their number. */
  private static final int MOST_NODES = 10_000;

  /** What a value is at one end of the model; an extent of −1 may be any. */
  record Named(String name, long type, int[] extents) {}

  private final String source;
  private final Map<String, String> metadata;
  private final Map<String, OnnxTensor> constants;
  private final List<OnnxNode> nodes;
  private final Named input;
  private final List<String> outputs;

  private OnnxModel(
      String source,
      Map<String, String> metadata,
      Map<String, OnnxTensor> constants,
      List<OnnxNode> nodes,
      Named input,
      List<String> outputs) {
    this.source = source;
    this.metadata = metadata;
    this.constants = constants;
    this.nodes = nodes;
    this.input = input;
    this.outputs = outputs;
  }

  /**
   * Reads a file.
   *
   * @param file with its weights inside
   * @throws OnnxException if it is no model, is broken, or has something that is not read
   * @throws IOException if it cannot be read at all
   */
  public static OnnxModel read(Path file) throws IOException {
    if (Files.size(file) > Integer.MAX_VALUE - 8) {
      throw new OnnxException(
          file.toString(), "has " + Files.size(file) + " bytes; models up to 2 GB are read");
    }
    return of(file.toString(), Files.readAllBytes(file));
  }

  /**
   * A model as bytes.
   *
   * @param source where they are from, for messages
   * @param bytes content of a file
   * @throws OnnxException as {@link #read}
   */
  public static OnnxModel of(String source, byte[] bytes) {
    MessageReader message = new MessageReader(source, bytes);
    Map<String, String> metadata = new LinkedHashMap<>();
    long operators = 0;
    MessageReader graph = null;
    while (message.next()) {
      switch (message.field()) {
        case 7 -> graph = message.message();
        case 8 -> operators = Math.max(operators, operators(message.message()));
        case 14 -> entry(message.message(), metadata);
        default -> {
          // Versions, the producer, documentation.
        }
      }
    }
    if (graph == null) {
      throw new OnnxException(source, "is no ONNX model: it has no graph");
    }
    if (operators < OLDEST_OPERATORS || operators > NEWEST_OPERATORS) {
      throw new OnnxException(
          source,
          "has the operator set "
              + operators
              + "; read are "
              + OLDEST_OPERATORS
              + " to "
              + NEWEST_OPERATORS
              + " (for PyTorch: opset_version=17)");
    }
    return graph(source, graph, metadata);
  }

  /** Version of ONNX's own operators in an OperatorSetIdProto; 0 if it is of others. */
  private static long operators(MessageReader message) {
    String domain = "";
    long version = 0;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> domain = message.text();
        case 2 -> version = message.number();
        default -> {
          // There are no others.
        }
      }
    }
    return domain.isEmpty() || domain.equals("ai.onnx") ? version : 0;
  }

  private static void entry(MessageReader message, Map<String, String> to) {
    String key = "";
    String value = "";
    while (message.next()) {
      switch (message.field()) {
        case 1 -> key = message.text();
        case 2 -> value = message.text();
        default -> {
          // There are no others.
        }
      }
    }
    to.put(key, value);
  }

  private static OnnxModel graph(
      String source, MessageReader message, Map<String, String> metadata) {
    Map<String, OnnxTensor> constants = new LinkedHashMap<>();
    List<OnnxNode> nodes = new ArrayList<>();
    List<Named> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    while (message.next()) {
      switch (message.field()) {
        case 1 -> {
          nodes.add(OnnxNode.read(source, message.message()));
          if (nodes.size() > MOST_NODES) {
            throw new OnnxException(
                source, "has more nodes than the " + MOST_NODES + " that are read");
          }
        }
        case 5 -> {
          OnnxTensor.Named constant = OnnxTensor.read(source, message.message());
          if (constants.put(constant.name(), constant.tensor()) != null) {
            throw new OnnxException(source, "there are two constants " + constant.name());
          }
        }
        case 11 -> inputs.add(named(source, message.message()));
        case 12 -> outputs.add(named(source, message.message()).name());
        case 15 -> throw new OnnxException(source, "it has sparse constants; only dense are read");
        default -> {
          // Names, documentation, shapes of values in between.
        }
      }
    }
    inputs.removeIf(each -> constants.containsKey(each.name()));
    if (inputs.size() != 1) {
      throw new OnnxException(
          source, "has the inputs " + inputs.stream().map(Named::name).toList() + ", expected one");
    }
    Named input = inputs.getFirst();
    if (input.type() != OnnxTensor.FLOAT || input.extents().length < 1) {
      throw new OnnxException(
          source,
          "the input "
              + input.name()
              + " has the data type "
              + input.type()
              + " and "
              + input.extents().length
              + " axes, expected 1 (FLOAT) and a batch, then the extents of an example");
    }
    requireOnce(source, input.name(), constants.keySet(), nodes);
    if (outputs.isEmpty() || new HashSet<>(outputs).size() < outputs.size()) {
      throw new OnnxException(source, "has the outputs " + outputs + ", expected different ones");
    }
    return new OnnxModel(source, metadata, constants, nodes, input, outputs);
  }

  private static void requireOnce(
      String source, String input, Set<String> constants, List<OnnxNode> nodes) {
    Set<String> names = new HashSet<>(constants);
    names.add(input);
    for (OnnxNode node : nodes) {
      if (!names.add(node.outputs().getFirst())) {
        throw new OnnxException(
            source, node + " computes " + node.outputs().getFirst() + ", which is there already");
      }
    }
  }

  /** A ValueInfoProto. */
  private static Named named(String source, MessageReader message) {
    String name = "";
    long type = 0;
    List<Integer> extents = new ArrayList<>();
    while (message.next()) {
      if (message.field() == 1) {
        name = message.text();
      } else if (message.field() == 2) {
        MessageReader types = message.message();
        while (types.next()) {
          if (types.field() != 1) {
            continue;
          }
          MessageReader tensor = types.message();
          while (tensor.next()) {
            if (tensor.field() == 1) {
              type = tensor.number();
            } else if (tensor.field() == 2) {
              shape(source, tensor.message(), extents);
            }
          }
        }
      }
    }
    return new Named(name, type, extents.stream().mapToInt(Integer::intValue).toArray());
  }

  private static void shape(String source, MessageReader shape, List<Integer> extents) {
    while (shape.next()) {
      if (shape.field() != 1) {
        continue;
      }
      int extent = -1;
      MessageReader dimension = shape.message();
      while (dimension.next()) {
        if (dimension.field() == 1) {
          long value = dimension.number();
          if (value < 1 || value > Integer.MAX_VALUE) {
            throw new OnnxException(
                source, "an input or output has an extent of " + value + ", expected at least 1");
          }
          extent = (int) value;
        }
      }
      extents.add(extent);
    }
  }

  /** Names of what it computes. */
  public List<String> outputs() {
    return List.copyOf(outputs);
  }

  /** What the writer noted, by key. */
  public Map<String, String> metadata() {
    return Map.copyOf(metadata);
  }

  /** Number of examples at a time, where the file says it; else any number will do. */
  public OptionalInt batch() {
    return input.extents()[0] < 0 ? OptionalInt.empty() : OptionalInt.of(input.extents()[0]);
  }

  /**
   * Shape of one example.
   *
   * @throws OnnxException if the file leaves an extent open
   */
  public Shape example() {
    int[] extents = Arrays.copyOfRange(input.extents(), 1, input.extents().length);
    for (int extent : extents) {
      if (extent < 0) {
        throw new OnnxException(
            source, "the input " + input.name() + " has an open extent behind the batch");
      }
    }
    try {
      return Shape.of(extents);
    } catch (IllegalArgumentException tooLarge) {
      throw new OnnxException(source, "the input " + input.name() + ": " + tooLarge, tooLarge);
    }
  }

  String source() {
    return source;
  }

  Map<String, OnnxTensor> constants() {
    return constants;
  }

  List<OnnxNode> nodes() {
    return nodes;
  }

  Named input() {
    return input;
  }
}
