package io.github.bmr4j.models.io;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The header of a safetensors file: eight bytes, its length as a little-endian number, then JSON
 * that maps a tensor's name to {@code {"dtype", "shape", "data_offsets": [begin, end]}}, and {@code
 * __metadata__} to a map of strings. It makes all the checks of the reference implementation:
 * tensors lie behind each other in the rest of the file without hole or overlap and fill it, and
 * each has the size its type and shape ask for.
 *
 * @param metadata the file's {@code __metadata__}
 * @param tensors in the order of their data
 * @param dataOffset where the tensors' data begins in the file
 */
record SafetensorsHeader(Map<String, String> metadata, List<TensorEntry> tensors, long dataOffset) {

  /** The longest header allowed, in bytes. */
  static final int MAX_LENGTH = 100_000_000;

  /** Bytes of the number before the header. */
  static final int PREFIX = Long.BYTES;

  static final String METADATA = "__metadata__";

  /** Key of the metadata's entry with the SHA-256 of the file in which these digits are all 0. */
  static final String SEAL = "sha256";

  /** Stands for the digest while it is computed. */
  static final String NO_DIGEST = "0".repeat(64);

  private static final Json.Limits LIMITS = new Json.Limits(16, 5_000_000);

  /**
   * Checks the number before the header.
   *
   * @return the header's length
   */
  static int checkLength(long length, long fileSize, String file) {
    if (length < 2 || length > MAX_LENGTH) {
      throw new InvalidFileException(
          file,
          0,
          "found a header length of "
              + Long.toUnsignedString(length)
              + ", expected 2 … "
              + MAX_LENGTH
              + " (is this a safetensors file?)");
    }
    if (length > fileSize - PREFIX) {
      throw new InvalidFileException(
          file,
          0,
          "found a header length of "
              + length
              + ", but only "
              + (fileSize - PREFIX)
              + " bytes follow (is the file truncated?)");
    }
    return (int) length;
  }

  /**
   * Writes a digest into a header whose metadata has 64 digits under a key, such as {@link #SEAL}.
   *
   * @param header JSON as {@link SafetensorsWriter} writes it: no text within it has a quotation
   *     mark that is not escaped, so the key is found once
   * @param key of the metadata's entry, in ASCII
   * @param digest 64 digits
   */
  static void putDigest(byte[] header, String key, String digest) {
    byte[] before = ('"' + key + "\":\"").getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i + before.length + digest.length() < header.length; i++) {
      if (Arrays.equals(header, i, i + before.length, before, 0, before.length)) {
        byte[] digits = digest.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(digits, 0, header, i + before.length, digits.length);
        return;
      }
    }
    // Another writer's JSON, with blanks: it keeps its digits, and so its digest is a wrong one.
  }

  /**
   * Reads the header's JSON.
   *
   * @param json the bytes behind the length
   * @param fileSize of the whole file
   * @param file its name for messages
   */
  static SafetensorsHeader parse(byte[] json, long fileSize, String file) {
    if (json[0] != '{') {
      throw new InvalidFileException(
          file,
          PREFIX,
          String.format("found the byte 0x%02x, expected the header to begin with '{'", json[0]));
    }
    Object root = new JsonReader(json, file, LIMITS, PREFIX).read();
    Map<String, String> metadata = Map.of();
    List<TensorEntry> tensors = new ArrayList<>();
    for (Map.Entry<?, ?> member : ((Map<?, ?>) root).entrySet()) {
      String name = (String) member.getKey();
      if (METADATA.equals(name)) {
        metadata = metadata(member.getValue(), file);
      } else {
        tensors.add(tensor(name, member.getValue(), file));
      }
    }
    long dataOffset = PREFIX + (long) json.length;
    tensors.sort(Comparator.comparingLong(TensorEntry::begin).thenComparingLong(TensorEntry::end));
    checkLayout(tensors, dataOffset, fileSize, file);
    return new SafetensorsHeader(metadata, List.copyOf(tensors), dataOffset);
  }

  private static Map<String, String> metadata(Object value, String file) {
    if (!(value instanceof Map<?, ?> members)) {
      throw invalid(file, METADATA + " is no object");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    for (Map.Entry<?, ?> member : members.entrySet()) {
      if (!(member.getValue() instanceof String text)) {
        throw invalid(file, METADATA + " has at \"" + member.getKey() + "\" no string");
      }
      metadata.put((String) member.getKey(), text);
    }
    return Collections.unmodifiableMap(metadata);
  }

  private static TensorEntry tensor(String name, Object value, String file) {
    if (!(value instanceof Map<?, ?> members)) {
      throw invalid(file, "tensor \"" + name + "\" is no object");
    }
    ElementType type = type(name, members.get("dtype"), file);
    List<Long> shape = sizes(name, "shape", members.get("shape"), file);
    List<Long> offsets = sizes(name, "data_offsets", members.get("data_offsets"), file);
    if (offsets.size() != 2 || offsets.get(0) > offsets.get(1)) {
      throw invalid(
          file, "tensor \"" + name + "\" has data_offsets " + offsets + ", expected [begin, end]");
    }
    TensorEntry tensor = new TensorEntry(name, type, shape, offsets.get(0), offsets.get(1));
    long extent = tensor.end() - tensor.begin();
    if (extent != bytes(tensor, file)) {
      throw invalid(
          file,
          "tensor \""
              + name
              + "\" has "
              + extent
              + " bytes, but "
              + type
              + " of shape "
              + shape
              + " needs "
              + bytes(tensor, file));
    }
    return tensor;
  }

  private static ElementType type(String name, Object value, String file) {
    for (ElementType type : ElementType.values()) {
      if (type.name().equals(value)) {
        return type;
      }
    }
    throw invalid(file, "tensor \"" + name + "\" has the dtype " + value + ", which is not known");
  }

  private static List<Long> sizes(String name, String key, Object value, String file) {
    if (!(value instanceof List<?> elements)) {
      throw invalid(file, "tensor \"" + name + "\" has no array " + key);
    }
    List<Long> sizes = new ArrayList<>(elements.size());
    for (Object element : elements) {
      if (!(element instanceof Long size) || size < 0) {
        throw invalid(
            file,
            "tensor \""
                + name
                + "\" has in "
                + key
                + " the value "
                + element
                + ", expected a whole number, at least 0, below 2^63");
      }
      sizes.add(size);
    }
    return sizes;
  }

  private static long bytes(TensorEntry tensor, String file) {
    try {
      long bytes = tensor.type().bytes();
      for (long dimension : tensor.shape()) {
        bytes = Math.multiplyExact(bytes, dimension);
      }
      return bytes;
    } catch (ArithmeticException overflow) {
      throw new InvalidFileException(
          file,
          PREFIX,
          "tensor \""
              + tensor.name()
              + "\" has the shape "
              + tensor.shape()
              + ", beyond 2^63 bytes",
          overflow);
    }
  }

  private static void checkLayout(
      List<TensorEntry> tensors, long dataOffset, long fileSize, String file) {
    long end = 0;
    for (TensorEntry tensor : tensors) {
      if (tensor.begin() != end) {
        throw invalid(
            file,
            "tensor \""
                + tensor.name()
                + "\" begins at "
                + tensor.begin()
                + " of the data, but the one before ends at "
                + end
                + " ("
                + (tensor.begin() > end ? "a hole" : "an overlap")
                + ")");
      }
      end = tensor.end();
    }
    long found = fileSize - dataOffset;
    if (found != end) {
      throw new InvalidFileException(
          file,
          dataOffset + Math.min(found, end),
          "found "
              + found
              + " bytes of tensor data, expected "
              + end
              + (found < end ? " (is the file truncated?)" : ""));
    }
  }

  private static InvalidFileException invalid(String file, String problem) {
    return new InvalidFileException(file, PREFIX, problem);
  }
}
