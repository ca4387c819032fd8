package io.github.bmr4j.engine.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The fields of a message as {@link Message} writes them, one after the other: {@link #next} goes
 * to a field, {@link #field} says which, and one of the others takes its value; what is not taken
 * is passed over.
 */
final class MessageReader {

  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int FIXED32 = 5;

  private final String source;
  private final byte[] bytes;
  private final int end;
  private int at;
  private int field;
  private int wireType;

  /** Where the value of the field that {@link #next} went to ends. */
  private int valueEnd;

  /**
   * @param source name of the file, for messages
   * @param bytes a whole message
   */
  MessageReader(String source, byte[] bytes) {
    this(source, bytes, 0, bytes.length);
  }

  private MessageReader(String source, byte[] bytes, int from, int end) {
    this.source = source;
    this.bytes = bytes;
    this.at = from;
    this.valueEnd = from;
    this.end = end;
  }

  /** Goes to the next field, if there is one. */
  boolean next() {
    at = valueEnd;
    if (at == end) {
      return false;
    }
    long key = varint();
    field = (int) (key >>> 3);
    wireType = (int) (key & 7);
    if (key >>> 3 < 1 || key >>> 3 > 0x1FFFFFFF) {
      throw invalid("a field has the number " + (key >>> 3) + ", expected 1 to 536,870,911");
    }
    int start = at;
    switch (wireType) {
      case VARINT -> varint();
      case FIXED64 -> skip(8);
      case FIXED32 -> skip(4);
      case LENGTH -> {
        long length = varint();
        start = at;
        if (length < 0 || length > end - at) {
          throw invalid(
              "field " + field + " has " + length + " bytes, but only " + (end - at) + " follow");
        }
        skip((int) length);
      }
      default ->
          throw invalid("field " + field + " has the wire type " + wireType + ", which is unknown");
    }
    valueEnd = at;
    at = start;
    return true;
  }

  /** Number of the field. */
  int field() {
    return field;
  }

  /** A whole number. */
  long number() {
    require(VARINT, "a whole number");
    return varint();
  }

  /** A real number. */
  float real() {
    require(FIXED32, "a real number of four bytes");
    return ByteBuffer.wrap(bytes, at, 4).order(ByteOrder.LITTLE_ENDIAN).getFloat();
  }

  String text() {
    require(LENGTH, "text");
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(bytes, at, valueEnd - at))
          .toString();
    } catch (CharacterCodingException malformed) {
      throw new OnnxException(
          source, "byte " + at + ": field " + field + " is no text in UTF-8", malformed);
    }
  }

  byte[] data() {
    require(LENGTH, "bytes");
    return Arrays.copyOfRange(bytes, at, valueEnd);
  }

  /** A message within this one. */
  MessageReader message() {
    require(LENGTH, "a message");
    return new MessageReader(source, bytes, at, valueEnd);
  }

  /** Whole numbers of a repeated field: one, or several packed together. */
  long[] numbers() {
    if (wireType == VARINT) {
      return new long[] {varint()};
    }
    require(LENGTH, "whole numbers");
    int count = 0;
    for (int i = at; i < valueEnd; i++) {
      count += bytes[i] >= 0 ? 1 : 0;
    }
    if (valueEnd > at && bytes[valueEnd - 1] < 0) {
      throw invalid("field " + field + " ends within a number");
    }
    long[] numbers = new long[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = varint();
    }
    return numbers;
  }

  /** Real numbers of a repeated field, likewise. */
  float[] reals() {
    if (wireType == FIXED32) {
      return new float[] {real()};
    }
    require(LENGTH, "real numbers");
    if ((valueEnd - at) % 4 != 0) {
      throw invalid(
          "field " + field + " has " + (valueEnd - at) + " bytes, expected four a number");
    }
    float[] reals = new float[(valueEnd - at) / 4];
    ByteBuffer.wrap(bytes, at, valueEnd - at)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(reals);
    return reals;
  }

  private void require(int type, String what) {
    if (wireType != type) {
      throw invalid("field " + field + " has the wire type " + wireType + ", expected " + what);
    }
  }

  private void skip(int count) {
    if (count > end - at) {
      throw invalid("field " + field + " ends behind its message");
    }
    at += count;
  }

  private long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at == end) {
        throw invalid("a number ends behind its message");
      }
      byte next = bytes[at++];
      value |= (long) (next & 0x7F) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw invalid("a number has more than ten bytes");
  }

  private OnnxException invalid(String problem) {
    return new OnnxException(source, "byte " + at + ": " + problem);
  }
}
