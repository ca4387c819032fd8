package io.github.bmr4j.engine.onnx;

import io.github.bmr4j.engine.tensor.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A constant of a model: real numbers or whole ones, row-major. The one that it has not is null.
 *
 * @param shape of it
 * @param reals its elements
 * @param wholes its elements
 */
record OnnxTensor(Shape shape, float[] reals, long[] wholes) {

  static final int FLOAT = 1;
  static final int INT32 = 6;
  static final int INT64 = 7;

  OnnxTensor(Shape shape, float... reals) {
    this(shape, reals, null);
  }

  static OnnxTensor of(Shape shape, long... wholes) {
    return new OnnxTensor(shape, null, wholes);
  }

  /** Whether it has whole numbers. */
  boolean isWhole() {
    return wholes != null;
  }

  /** A constant with its name, as a TensorProto has it. */
  record Named(String name, OnnxTensor tensor) {}

  /**
   * Reads a TensorProto.
   *
   * @param source name of the file, for messages
   * @param message the TensorProto
   * @throws OnnxException if its elements are elsewhere, of another type, or not as many as its
   *     shape says
   */
  static Named read(String source, MessageReader message) {
    List<long[]> dims = new ArrayList<>();
    List<long[]> wholes = new ArrayList<>();
    List<float[]> reals = new ArrayList<>();
    byte[] raw = null;
    String name = "";
    long type = 0;
    while (message.next()) {
      switch (message.field()) {
        case 1 -> dims.add(message.numbers());
        case 2 -> type = message.number();
        case 4 -> reals.add(message.reals());
        case 5, 7 -> wholes.add(message.numbers());
        case 8 -> name = message.text();
        case 9 -> raw = message.data();
        case 3 -> throw new OnnxException(source, "the constant " + name + " is cut into segments");
        case 13, 14 -> {
          if (message.field() == 13 || message.number() != 0) {
            throw new OnnxException(
                source,
                "the constant "
                    + name
                    + " is in another file; save the model with its weights inside (for PyTorch:"
                    + " external_data=False)");
          }
        }
        default -> {
          // Documentation, or the elements of other types, which the type tells.
        }
      }
    }
    Shape shape = shape(source, name, dims);
    int size = shape.size();
    int width = type == INT64 ? 8 : 4;
    if (type != FLOAT && type != INT32 && type != INT64) {
      throw new OnnxException(
          source,
          "the constant "
              + name
              + " has the data type "
              + type
              + "; read are 1 (FLOAT), 6 (INT32) and 7 (INT64)");
    }
    if (raw != null && raw.length != (long) width * size) {
      throw new OnnxException(
          source,
          "the constant "
              + name
              + " of shape "
              + shape
              + " has "
              + raw.length
              + " bytes, expected "
              + (long) width * size);
    }
    OnnxTensor tensor =
        type == FLOAT
            ? new OnnxTensor(shape, raw == null ? joinedReals(reals) : reals(raw))
            : of(shape, raw == null ? joinedWholes(wholes) : wholes(raw, width));
    int found = tensor.isWhole() ? tensor.wholes.length : tensor.reals.length;
    if (found != size) {
      throw new OnnxException(
          source,
          "the constant "
              + name
              + " of shape "
              + shape
              + " has "
              + found
              + " elements, expected "
              + size);
    }
    return new Named(name, tensor);
  }

  private static Shape shape(String source, String name, List<long[]> dims) {
    long[] all = joinedWholes(dims);
    int[] extents = new int[all.length];
    for (int i = 0; i < extents.length; i++) {
      extents[i] = (int) all[i];
      if (all[i] < 0 || extents[i] != all[i]) {
        throw new OnnxException(
            source, "the constant " + name + " has an extent of " + all[i] + ", which cannot be");
      }
    }
    try {
      return Shape.of(extents);
    } catch (IllegalArgumentException tooLarge) {
      throw new OnnxException(
          source, "the constant " + name + ": " + tooLarge.getMessage(), tooLarge);
    }
  }

  private static float[] reals(byte[] raw) {
    float[] values = new float[raw.length / 4];
    ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  private static long[] wholes(byte[] raw, int bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
    long[] values = new long[raw.length / bytes];
    for (int i = 0; i < values.length; i++) {
      values[i] = bytes == 4 ? buffer.getInt() : buffer.getLong();
    }
    return values;
  }

  private static float[] joinedReals(List<float[]> parts) {
    float[] all = new float[parts.stream().mapToInt(part -> part.length).sum()];
    int at = 0;
    for (float[] part : parts) {
      System.arraycopy(part, 0, all, at, part.length);
      at += part.length;
    }
    return all;
  }

  private static long[] joinedWholes(List<long[]> parts) {
    return parts.stream().flatMapToLong(Arrays::stream).toArray();
  }
}
