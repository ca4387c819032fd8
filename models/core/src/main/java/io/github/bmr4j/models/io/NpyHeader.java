package io.github.bmr4j.models.io;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The header of a NumPy array file (npy, versions 1 to 3): a magic number, a version, the length of
 * a Python dictionary, the dictionary.
 *
 * @param type of the elements
 * @param bigEndian whether their first byte is the highest
 * @param fortranOrder whether the first index runs fastest
 * @param shape dimensions, each at least 0
 * @param length of the header in bytes
 */
record NpyHeader(
    ElementType type, boolean bigEndian, boolean fortranOrder, List<Long> shape, int length) {

  private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  /** Bytes before the dictionary in version 1; later versions have two more. */
  private static final int PREFIX = 10;

  private static final int MAX_DICTIONARY = 1 << 16;

  private static final Pattern DESCRIPTION = Pattern.compile("'descr'\\s*:\\s*'([^']*)'");
  private static final Pattern ORDER = Pattern.compile("'fortran_order'\\s*:\\s*(True|False)\\b");
  private static final Pattern SHAPE = Pattern.compile("'shape'\\s*:\\s*\\(([\\d\\s,]*)\\)");

  private static final Map<String, ElementType> TYPES =
      Map.ofEntries(
          Map.entry("b1", ElementType.BOOL),
          Map.entry("u1", ElementType.U8),
          Map.entry("i1", ElementType.I8),
          Map.entry("u2", ElementType.U16),
          Map.entry("i2", ElementType.I16),
          Map.entry("u4", ElementType.U32),
          Map.entry("i4", ElementType.I32),
          Map.entry("u8", ElementType.U64),
          Map.entry("i8", ElementType.I64),
          Map.entry("f2", ElementType.F16),
          Map.entry("f4", ElementType.F32),
          Map.entry("f8", ElementType.F64));

  /** Bytes that are enough to find the header's length. */
  static final int ENOUGH = PREFIX + 2;

  /**
   * The length of a header.
   *
   * @param start its first {@link #ENOUGH} bytes
   * @param source for messages
   */
  static int length(byte[] start, String source) {
    if (start.length < ENOUGH || !Arrays.equals(start, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
      throw new InvalidFileException(source, 0, "does not begin as a NumPy array does");
    }
    ByteBuffer bytes = ByteBuffer.wrap(start).order(ByteOrder.LITTLE_ENDIAN);
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw new InvalidFileException(
          source, MAGIC.length, "has version " + version + " of the npy format, expected 1 … 3");
    }
    int dictionary = version == 1 ? bytes.getShort(8) & 0xffff : bytes.getInt(8);
    if (dictionary < 2 || dictionary > MAX_DICTIONARY) {
      throw new InvalidFileException(
          source, 8, "has a header of " + dictionary + " bytes, expected 2 … " + MAX_DICTIONARY);
    }
    return dictionary + (version == 1 ? PREFIX : PREFIX + 2);
  }

  /**
   * Reads a header.
   *
   * @param bytes all of it
   * @param source for messages
   */
  static NpyHeader parse(byte[] bytes, String source) {
    int from = bytes[MAGIC.length] == 1 ? PREFIX : PREFIX + 2;
    String text = new String(bytes, from, bytes.length - from, StandardCharsets.UTF_8);
    String description = found(DESCRIPTION, text, source);
    String order = description.isEmpty() ? "" : description.substring(0, 1);
    ElementType type = description.isEmpty() ? null : TYPES.get(description.substring(1));
    if (type == null || !"<>|=".contains(order) || ("|".equals(order) && type.bytes() > 1)) {
      throw new InvalidFileException(
          source,
          from,
          "has elements of the type '"
              + description
              + "', expected numbers or truth values as in '<f4'");
    }
    boolean fortran = found(ORDER, text, source).equals("True");
    List<Long> shape = new ArrayList<>();
    for (String dimension : found(SHAPE, text, source).split(",", -1)) {
      if (!dimension.isBlank()) {
        shape.add(dimension(dimension.strip(), source));
      }
    }
    return new NpyHeader(type, ">".equals(order), fortran, List.copyOf(shape), bytes.length);
  }

  private static String found(Pattern pattern, String text, String source) {
    Matcher matcher = pattern.matcher(text);
    if (!matcher.find()) {
      throw new InvalidFileException(
          source, PREFIX, "has a header without " + pattern.pattern().split("\\\\", 2)[0]);
    }
    return matcher.group(1);
  }

  private static long dimension(String digits, String source) {
    try {
      return Long.parseLong(digits);
    } catch (NumberFormatException bad) {
      throw new InvalidFileException(
          source, PREFIX, "has \"" + digits + "\" in its shape, expected a whole number", bad);
    }
  }

  /** Bytes of the array's elements, or -1 where these are 2^63 or more. */
  long dataBytes() {
    long bytes = type.bytes();
    for (long dimension : shape) {
      if (Math.multiplyHigh(bytes, dimension) != 0 || bytes * dimension < 0) {
        return -1;
      }
      bytes *= dimension;
    }
    return bytes;
  }

  /**
   * A header as NumPy writes it: version 1, padded so that the data begins at a multiple of 64.
   *
   * @param type of the elements
   * @param shape dimensions
   */
  static byte[] write(ElementType type, List<Long> shape) {
    String description =
        TYPES.entrySet().stream()
            .filter(entry -> entry.getValue() == type)
            .map(Map.Entry::getKey)
            .findFirst()
            .orElseThrow(
                () -> new IllegalArgumentException("NumPy has no elements of the type " + type));
    String dimensions =
        shape.stream().map(String::valueOf).collect(Collectors.joining(", "))
            + (shape.size() == 1 ? "," : "");
    String text =
        "{'descr': '%s%s', 'fortran_order': False, 'shape': (%s), }"
            .formatted(type.bytes() == 1 ? "|" : "<", description, dimensions);
    int length = Math.ceilDiv(PREFIX + text.length() + 1, 64) * 64;
    ByteBuffer header = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    header.put(MAGIC).put((byte) 1).put((byte) 0).putShort((short) (length - PREFIX));
    header.put(text.getBytes(StandardCharsets.US_ASCII));
    while (header.remaining() > 1) {
      header.put((byte) ' ');
    }
    return header.put((byte) '\n').array();
  }
}
