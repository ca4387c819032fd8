package io.github.bmr4j.engine.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;

/**
 * An ONNX model under construction (onnx.proto3 of https://github.com/onnx/onnx; IR version 8,
 * operator set 17): one input, nodes in order of execution, constants, outputs. Values are known by
 * names, which this makes.
 */
public final class OnnxGraph {

  private static final int IR_VERSION = 8;
  private static final int OPERATOR_SET = 17;
  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  /** AttributeProto.AttributeType of a real number, of a whole number, and of several. */
  private static final int REAL = 1;

  private static final int INT = 2;

  private static final int INTS = 7;

  private final Message graph = new Message().text(2, "bmr4j");
  private int values;

  /** Nothing yet. */
  public OnnxGraph() {}

  /**
   * The input.
   *
   * @param name of it
   * @param example shape of one example; a batch of any size comes first
   * @return its name
   */
  public String input(String name, int... example) {
    graph.message(11, value(name, example));
    return name;
  }

  /**
   * An output.
   *
   * @param of the value that it is
   * @param name that it is to have
   * @param example shape for one example; a batch comes first
   */
  public void output(String of, String name, int... example) {
    graph.message(1, node(List.of(of), "Identity", name));
    graph.message(12, value(name, example));
  }

  private static Message value(String name, int... example) {
    Message shape = new Message().message(1, new Message().text(2, "batch"));
    for (int extent : example) {
      shape.message(1, new Message().number(1, extent));
    }
    Message tensor = new Message().number(1, FLOAT).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }

  /**
   * A constant of real numbers.
   *
   * @param data row-major
   * @param shape of it; none for a single number
   * @return its name
   */
  public String constant(float[] data, int... shape) {
    ByteBuffer raw = ByteBuffer.allocate(4 * data.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asFloatBuffer().put(data);
    return constant(FLOAT, raw.array(), shape);
  }

  /** A vector of whole numbers. */
  public String indices(long... data) {
    ByteBuffer raw = ByteBuffer.allocate(8 * data.length).order(ByteOrder.LITTLE_ENDIAN);
    raw.asLongBuffer().put(data);
    return constant(INT64, raw.array(), data.length);
  }

  /** A single whole number. */
  public String constant(long value) {
    ByteBuffer raw = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value);
    return constant(INT64, raw.array());
  }

  private String constant(int type, byte[] raw, int... shape) {
    String name = name();
    Message tensor = new Message();
    for (int extent : shape) {
      tensor.number(1, extent);
    }
    graph.message(5, tensor.number(2, type).text(8, name).bytes(9, raw));
    return name;
  }

  /**
   * An operation without attributes.
   *
   * @param operator its name in the standard
   * @param inputs values
   * @return the value that it gives
   */
  public String node(String operator, String... inputs) {
    return node(operator, Map.of(), inputs);
  }

  /**
   * An operation.
   *
   * @param operator its name in the standard
   * @param attributes by name: an Integer, a Float or an int[]
   * @param inputs values
   * @return the value that it gives
   */
  public String node(String operator, Map<String, Object> attributes, String... inputs) {
    String name = name();
    Message node = node(List.of(inputs), operator, name);
    attributes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(each -> node.message(5, attribute(each.getKey(), each.getValue())));
    graph.message(1, node);
    return name;
  }

  private static Message node(List<String> inputs, String operator, String output) {
    Message node = new Message();
    inputs.forEach(input -> node.text(1, input));
    return node.text(2, output).text(3, operator + "_" + output).text(4, operator);
  }

  private static Message attribute(String name, Object value) {
    Message attribute = new Message().text(1, name);
    switch (value) {
      case Float number -> attribute.real(2, number).number(20, REAL);
      case Integer number -> attribute.number(3, number).number(20, INT);
      case int[] numbers -> {
        for (int number : numbers) {
          attribute.number(8, number);
        }
        attribute.number(20, INTS);
      }
      default ->
          throw new IllegalArgumentException(
              "Attribute " + name + " is " + value + ", expected an Integer, a Float or an int[]");
    }
    return attribute;
  }

  private String name() {
    return "v" + values++;
  }

  /**
   * The model as a file has it.
   *
   * @param version of what wrote it
   * @param metadata for readers
   */
  public byte[] toBytes(String version, Map<String, String> metadata) {
    Message whole = new Message();
    whole.number(1, IR_VERSION).text(2, "bmr4j").text(3, version);
    whole.message(7, graph);
    whole.message(8, new Message().text(1, "").number(2, OPERATOR_SET));
    metadata.forEach((key, value) -> whole.message(14, new Message().text(1, key).text(2, value)));
    return whole.toBytes();
  }
}
