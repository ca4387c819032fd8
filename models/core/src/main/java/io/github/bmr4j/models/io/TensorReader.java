package io.github.bmr4j.models.io;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads named tensors from a file. The file's structure is checked as a whole when it is opened, so
 * what follows can only fail on a wrong name, type or array size. Any number of threads may read at
 * once; none after {@link #close}.
 */
public abstract sealed class TensorReader implements AutoCloseable
    permits SafetensorsReader, NpzReader {

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final String source;
  private final Map<String, String> metadata;
  private final Map<String, TensorEntry> byName = new LinkedHashMap<>();

  /**
   * @param source the file's name for messages
   * @param metadata of the file
   * @param tensors in the order of their data
   */
  TensorReader(String source, Map<String, String> metadata, List<TensorEntry> tensors) {
    this.source = source;
    this.metadata = metadata;
    for (TensorEntry tensor : tensors) {
      byName.put(tensor.name(), tensor);
    }
  }

  /**
   * Opens a file of any format that can be read, by its first bytes: npz or safetensors.
   *
   * @param path of the file
   * @throws InvalidFileException when it is broken
   * @throws IOException when it cannot be read at all
   */
  public static TensorReader open(Path path) throws IOException {
    requireFile(path);
    byte[] first;
    try (InputStream in = Files.newInputStream(path)) {
      first = in.readNBytes(4);
    }
    return NpzReader.isZip(first) ? NpzReader.open(path) : SafetensorsReader.open(path);
  }

  static void requireFile(Path path) throws NoSuchFileException {
    if (Files.isDirectory(path)) {
      throw new InvalidFileException(path.toString(), -1, "is a folder, expected a file");
    }
    if (Files.notExists(path)) {
      throw new NoSuchFileException(path.toString(), null, "there is no such file of tensors");
    }
  }

  /** The file's name for messages. */
  public final String source() {
    return source;
  }

  /** A tensor's elements, row-major and little-endian. */
  abstract MemorySegment bytes(TensorEntry tensor);

  /** Where in the file a tensor begins, for messages; negative where that says nothing. */
  abstract long offset(TensorEntry tensor);

  /** Texts that belong to the file as a whole, empty where it has none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The tensors in the order of their data. */
  public List<TensorEntry> tensors() {
    return List.copyOf(byName.values());
  }

  /** Whether there is a tensor of that name. */
  public boolean contains(String name) {
    return byName.containsKey(name);
  }

  /**
   * The description of a tensor.
   *
   * @param name of the tensor
   * @throws InvalidFileException when the file has none of that name
   */
  public TensorEntry entry(String name) {
    TensorEntry tensor = byName.get(name);
    if (tensor == null) {
      throw new InvalidFileException(
          source, -1, "found no tensor \"" + name + "\" among " + summary());
    }
    return tensor;
  }

  /**
   * Reads a tensor of F32, F16 or BF16 exactly, one of F64 rounded to the nearest float.
   *
   * @param name of the tensor
   * @return its elements, row-major
   * @throws InvalidFileException when there is no such tensor, or one of another type
   */
  public float[] readFloats(String name) {
    TensorEntry tensor = entry(name);
    checkType(tensor, ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.F64);
    float[] floats = new float[length(tensor)];
    readFloats(name, floats, 0);
    return floats;
  }

  /**
   * Reads a tensor of F32, F16 or BF16 exactly, one of F64 rounded to the nearest float, into an
   * array's part.
   *
   * @param name of the tensor
   * @param target takes the elements, row-major
   * @param offset of the first in the target
   * @throws InvalidFileException when there is no such tensor, or one of another type
   * @throws IllegalArgumentException when the target is too short
   */
  public void readFloats(String name, float[] target, int offset) {
    TensorEntry tensor = entry(name);
    checkType(tensor, ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.F64);
    int length = length(tensor);
    if (offset < 0 || offset > target.length || length > target.length - offset) {
      throw new IllegalArgumentException(
          "Tensor \""
              + name
              + "\" has "
              + length
              + " elements, but from offset "
              + offset
              + " the target's length "
              + target.length
              + " leaves too few");
    }
    copyFloats(tensor, 0, length, target, offset);
  }

  /**
   * Reads part of a tensor, of any size, as {@link #readFloats(String)} does.
   *
   * @param name of the tensor
   * @param from first element, counted row-major
   * @param count of elements
   * @param target takes them, from its element 0
   * @throws InvalidFileException when there is no such tensor, or one of another type
   * @throws IllegalArgumentException when the tensor has no such elements, or the target is too
   *     short
   */
  public void readFloats(String name, long from, int count, float[] target) {
    TensorEntry tensor = entry(name);
    checkType(tensor, ElementType.F32, ElementType.F16, ElementType.BF16, ElementType.F64);
    if (from < 0 || count < 0 || from > tensor.elements() - count || count > target.length) {
      throw new IllegalArgumentException(
          "Cannot read "
              + count
              + " elements from element "
              + from
              + " of tensor \""
              + name
              + "\", which has "
              + tensor.elements()
              + ", into an array of "
              + target.length);
    }
    copyFloats(tensor, from, count, target, 0);
  }

  private void copyFloats(TensorEntry tensor, long from, int length, float[] target, int offset) {
    MemorySegment bytes = bytes(tensor);
    long at = from * tensor.type().bytes();
    switch (tensor.type()) {
      case F32 -> MemorySegment.copy(bytes, FLOAT, at, target, offset, length);
      case F64 -> {
        for (int i = 0; i < length; i++) {
          target[offset + i] = (float) bytes.get(DOUBLE, at + 8L * i);
        }
      }
      case F16 -> {
        for (int i = 0; i < length; i++) {
          target[offset + i] = Float.float16ToFloat(bytes.get(SHORT, at + 2L * i));
        }
      }
      default -> {
        for (int i = 0; i < length; i++) {
          target[offset + i] = Float.intBitsToFloat(bytes.get(SHORT, at + 2L * i) << 16);
        }
      }
    }
  }

  /**
   * Reads a tensor of F64, F32, F16 or BF16 exactly.
   *
   * @param name of the tensor
   * @return its elements, row-major
   * @throws InvalidFileException when there is no such tensor, or one of another type
   */
  public double[] readDoubles(String name) {
    TensorEntry tensor = entry(name);
    if (tensor.type() == ElementType.F64) {
      double[] doubles = new double[length(tensor)];
      MemorySegment.copy(bytes(tensor), DOUBLE, 0, doubles, 0, doubles.length);
      return doubles;
    }
    float[] floats = readFloats(name);
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      doubles[i] = floats[i];
    }
    return doubles;
  }

  /**
   * Reads a tensor of I64, I32, I16, I8, U32, U16, U8 or BOOL exactly.
   *
   * @param name of the tensor
   * @return its elements, row-major; truth values as 0 and 1
   * @throws InvalidFileException when there is no such tensor, or one of another type
   */
  public long[] readLongs(String name) {
    TensorEntry tensor = entry(name);
    checkType(
        tensor,
        ElementType.I64,
        ElementType.I32,
        ElementType.I16,
        ElementType.I8,
        ElementType.U32,
        ElementType.U16,
        ElementType.U8,
        ElementType.BOOL);
    long[] longs = new long[length(tensor)];
    MemorySegment bytes = bytes(tensor);
    for (int i = 0; i < longs.length; i++) {
      long element = (long) tensor.type().bytes() * i;
      longs[i] =
          switch (tensor.type()) {
            case I64 -> bytes.get(LONG, element);
            case I32 -> bytes.get(INT, element);
            case U32 -> bytes.get(INT, element) & 0xffff_ffffL;
            case I16 -> bytes.get(SHORT, element);
            case U16 -> bytes.get(SHORT, element) & 0xffff;
            case I8 -> bytes.get(ValueLayout.JAVA_BYTE, element);
            default -> bytes.get(ValueLayout.JAVA_BYTE, element) & 0xff;
          };
    }
    return longs;
  }

  /**
   * Reads a mask: a tensor of BOOL or U8 whose elements are all 0 or 1.
   *
   * @param name of the tensor
   * @return its elements, row-major
   * @throws InvalidFileException when there is no such tensor, one of another type, or another
   *     value in it
   */
  public boolean[] readBooleans(String name) {
    TensorEntry tensor = entry(name);
    checkType(tensor, ElementType.BOOL, ElementType.U8);
    boolean[] booleans = new boolean[length(tensor)];
    MemorySegment bytes = bytes(tensor);
    for (int i = 0; i < booleans.length; i++) {
      byte value = bytes.get(ValueLayout.JAVA_BYTE, i);
      if ((value & ~1) != 0) {
        throw new InvalidFileException(
            source,
            offset(tensor) < 0 ? -1 : offset(tensor) + i,
            "found " + (value & 0xff) + " in the mask \"" + name + "\", expected 0 or 1");
      }
      booleans[i] = value != 0;
    }
    return booleans;
  }

  @Override
  public abstract void close();

  private void checkType(TensorEntry tensor, ElementType... readable) {
    if (!List.of(readable).contains(tensor.type())) {
      throw new InvalidFileException(
          source,
          offset(tensor),
          "tensor \""
              + tensor.name()
              + "\" has the dtype "
              + tensor.type()
              + ", expected one of "
              + List.of(readable));
    }
  }

  private int length(TensorEntry tensor) {
    // A few less than 2^31: the longest array that a VM is sure to give.
    if (tensor.elements() > Integer.MAX_VALUE - 8) {
      throw new InvalidFileException(
          source,
          offset(tensor),
          "tensor \""
              + tensor.name()
              + "\" has "
              + tensor.elements()
              + " elements, more than an array can hold");
    }
    return (int) tensor.elements();
  }

  private String summary() {
    int shown = Math.min(10, byName.size());
    List<String> names = byName.keySet().stream().limit(shown).toList();
    int more = byName.size() - shown;
    return names + (more > 0 ? " and " + more + " more" : "");
  }
}
