package io.github.bmr4j.engine.onnx;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * An operation of a model.
 *
 * @param source name of the file, for messages
 * @param name of the node; may be empty
 * @param operator its kind
 * @param inputs names of values; empty where one is left out
 * @param outputs likewise
 * @param attributes by name: a Float, a Long, a String, an {@link OnnxTensor}, a float[] or a
 *     long[]
 */
record OnnxNode(
    String source,
    String name,
    String operator,
    List<String> inputs,
    List<String> outputs,
    Map<String, Object> attributes) {

  /**
   * Reads a NodeProto.
   *
   * @param source name of the file, for messages
   * @param message the NodeProto
   * @throws OnnxException if it is broken or of another operator set
   */
  static OnnxNode read(String source, MessageReader message) {
    String name = "";
    String operator = "";
    String domain = "";
    List<String> inputs = new ArrayList<>();
    List<String> outputs = new ArrayList<>();
    Map<String, Object> attributes = new HashMap<>();
    while (message.next()) {
      switch (message.field()) {
        case 1 -> inputs.add(message.text());
        case 2 -> outputs.add(message.text());
        case 3 -> name = message.text();
        case 4 -> operator = message.text();
        case 5 -> attribute(source, message.message(), attributes);
        case 7 -> domain = message.text();
        default -> {
          // Documentation and metadata.
        }
      }
    }
    OnnxNode node = new OnnxNode(source, name, operator, inputs, outputs, attributes);
    if (!domain.isEmpty() && !domain.equals("ai.onnx")) {
      throw node.refused("is of the operator set " + domain + "; only ONNX's own is read");
    }
    if (outputs.isEmpty() || outputs.getFirst().isEmpty()) {
      throw node.refused("has no output");
    }
    for (int i = 1; i < outputs.size(); i++) {
      if (!outputs.get(i).isEmpty()) {
        throw node.refused("has a second output, " + outputs.get(i) + "; only the first is read");
      }
    }
    return node;
  }

  private static void attribute(String source, MessageReader message, Map<String, Object> to) {
    String name = "";
    Object value = null;
    List<Long> wholes = new ArrayList<>();
    List<Float> reals = new ArrayList<>();
    while (message.next()) {
      switch (message.field()) {
        case 1 -> name = message.text();
        case 2 -> value = message.real();
        case 3 -> value = message.number();
        case 4 -> value = message.text();
        case 5 -> value = OnnxTensor.read(source, message.message()).tensor();
        case 7 -> {
          for (float real : message.reals()) {
            reals.add(real);
          }
        }
        case 8 -> {
          for (long whole : message.numbers()) {
            wholes.add(whole);
          }
        }
        default -> {
          // Type and documentation; of graphs and lists of text no operator that is read has any.
        }
      }
    }
    if (!wholes.isEmpty()) {
      value = wholes.stream().mapToLong(Long::longValue).toArray();
    } else if (!reals.isEmpty()) {
      float[] all = new float[reals.size()];
      for (int i = 0; i < all.length; i++) {
        all[i] = reals.get(i);
      }
      value = all;
    }
    if (value != null && to.put(name, value) != null) {
      throw new OnnxException(source, "a node has two attributes with the name " + name);
    }
  }

  /** An error of this node. */
  OnnxException refused(String problem) {
    return new OnnxException(source, this + " " + problem);
  }

  /** An attribute that is a whole number. */
  long number(String attribute, long otherwise) {
    return attribute(attribute, Long.class, otherwise);
  }

  /** An attribute that is a real number. */
  float real(String attribute, float otherwise) {
    return attribute(attribute, Float.class, otherwise);
  }

  /** An attribute that is text. */
  String text(String attribute, String otherwise) {
    return attribute(attribute, String.class, otherwise);
  }

  /** An attribute of whole numbers. */
  long[] numbers(String attribute, long... otherwise) {
    return attribute(attribute, long[].class, otherwise);
  }

  private <T> T attribute(String attribute, Class<T> type, T otherwise) {
    Object value = attributes.get(attribute);
    if (value == null) {
      return otherwise;
    }
    if (!type.isInstance(value)) {
      throw refused(
          "has a "
              + value.getClass().getSimpleName()
              + " as its "
              + attribute
              + ", expected a "
              + type.getSimpleName());
    }
    return type.cast(value);
  }

  @Override
  public String toString() {
    return "node " + (name.isEmpty() ? outputs : name) + " (" + operator + ")";
  }
}
