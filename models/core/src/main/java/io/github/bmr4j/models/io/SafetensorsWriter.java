package io.github.bmr4j.models.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.LongPredicate;

/**
 * Gathers tensors and writes them as one safetensors file, atomically. The same tensors in the same
 * order give the same bytes. Data is laid out by falling element size (within one size, as added),
 * so that every tensor is aligned; the header is padded to a multiple of eight with blanks.
 *
 * <p>Arrays are not copied: what they hold when {@link #write} is called is written.
 */
public final class SafetensorsWriter {

  private static final int CHUNK_BYTES = 1 << 20;

  private final Map<String, String> metadata = new LinkedHashMap<>();
  private final Map<String, Pending> tensors = new LinkedHashMap<>();

  /** Puts the elements from {@code from} to {@code to} into a buffer that has room for them. */
  private interface Source {
    void put(ByteBuffer target, long from, int count);
  }

  /** Computes a tensor's elements while it is written. */
  @FunctionalInterface
  public interface FloatSource {

    /**
     * Computes some elements; called in rising order.
     *
     * @param from first of them, counted row-major
     * @param count of elements
     * @param target takes them, from its element 0
     */
    void read(long from, int count, float[] target);
  }

  private record Pending(
      String name, ElementType type, List<Long> shape, long length, Source source) {}

  /** An empty file. */
  public SafetensorsWriter() {}

  /**
   * Adds an entry of {@code __metadata__}.
   *
   * @param key not used before
   * @param value any text
   * @return this
   */
  public SafetensorsWriter metadata(String key, String value) {
    Objects.requireNonNull(value, key);
    if (metadata.putIfAbsent(key, value) != null) {
      throw new IllegalArgumentException("The metadata has the key \"" + key + "\" already");
    }
    return this;
  }

  /**
   * Adds a tensor of F32.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter floats(String name, int[] shape, float[] data) {
    checkLength(name, shape, data.length);
    return floats(name, shape, data, 0);
  }

  /**
   * Adds a tensor of F32 that is part of an array.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data has its elements, row-major
   * @param offset of the first element
   * @return this
   */
  public SafetensorsWriter floats(String name, int[] shape, float[] data, int offset) {
    int length = elements(name, shape);
    if (offset < 0 || offset > data.length || length > data.length - offset) {
      throw new IllegalArgumentException(
          "Tensor \""
              + name
              + "\" needs "
              + length
              + " elements from offset "
              + offset
              + ", but the array has the length "
              + data.length);
    }
    return add(
        name,
        ElementType.F32,
        shape,
        (target, from, count) -> target.asFloatBuffer().put(data, offset + (int) from, count));
  }

  /**
   * Adds a tensor of F64.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter doubles(String name, int[] shape, double[] data) {
    checkLength(name, shape, data.length);
    return add(
        name,
        ElementType.F64,
        shape,
        (target, from, count) -> target.asDoubleBuffer().put(data, (int) from, count));
  }

  /**
   * Adds a tensor of I64.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter longs(String name, int[] shape, long[] data) {
    checkLength(name, shape, data.length);
    return add(
        name,
        ElementType.I64,
        shape,
        (target, from, count) -> target.asLongBuffer().put(data, (int) from, count));
  }

  /**
   * Adds a tensor of I32.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter ints(String name, int[] shape, int[] data) {
    checkLength(name, shape, data.length);
    return add(
        name,
        ElementType.I32,
        shape,
        (target, from, count) -> target.asIntBuffer().put(data, (int) from, count));
  }

  /**
   * Adds a tensor of U8.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter bytes(String name, int[] shape, byte[] data) {
    checkLength(name, shape, data.length);
    return add(
        name,
        ElementType.U8,
        shape,
        (target, from, count) -> target.duplicate().put(data, (int) from, count));
  }

  /**
   * Adds a tensor of BOOL: a mask.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public SafetensorsWriter booleans(String name, int[] shape, boolean[] data) {
    checkLength(name, shape, data.length);
    return add(
        name,
        ElementType.BOOL,
        shape,
        (target, from, count) -> {
          for (int i = 0; i < count; i++) {
            target.put(target.position() + i, (byte) (data[(int) from + i] ? 1 : 0));
          }
        });
  }

  /**
   * Adds a tensor of F32 of any size that is computed while it is written.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param source of its elements
   * @return this
   */
  public SafetensorsWriter floats(String name, List<Long> shape, FloatSource source) {
    float[] part = new float[CHUNK_BYTES / Float.BYTES];
    return add(
        name,
        ElementType.F32,
        shape,
        (target, from, count) -> {
          source.read(from, count, part);
          target.asFloatBuffer().put(part, 0, count);
        });
  }

  /**
   * Adds a tensor of BOOL of any size that is computed while it is written.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param source says of each element, counted row-major, whether it is true
   * @return this
   */
  public SafetensorsWriter booleans(String name, List<Long> shape, LongPredicate source) {
    return add(
        name,
        ElementType.BOOL,
        shape,
        (target, from, count) -> {
          for (int i = 0; i < count; i++) {
            target.put(target.position() + i, (byte) (source.test(from + i) ? 1 : 0));
          }
        });
  }

  /**
   * Adds a tensor of another file, of any type, as it is. That file must stay open until {@link
   * #write} has ended.
   *
   * @param tensor of that file
   * @param reader of that file
   * @return this
   */
  public SafetensorsWriter copy(TensorEntry tensor, SafetensorsReader reader) {
    MemorySegment bytes = reader.bytes(tensor);
    int size = tensor.type().bytes();
    return add(
        tensor.name(),
        tensor.type(),
        tensor.shape(),
        (target, from, count) ->
            MemorySegment.copy(
                bytes,
                from * size,
                MemorySegment.ofBuffer(target.duplicate().limit(target.capacity())),
                0,
                (long) count * size));
  }

  private static void checkLength(String name, int[] shape, int length) {
    int elements = elements(name, shape);
    if (elements != length) {
      throw new IllegalArgumentException(
          "Tensor \""
              + name
              + "\" has "
              + length
              + " elements, but its shape "
              + Arrays.toString(shape)
              + " needs "
              + elements);
    }
  }

  private static int elements(String name, int[] shape) {
    long elements = 1;
    for (int dimension : shape) {
      elements *= dimension;
      if (dimension < 0 || elements > Integer.MAX_VALUE) {
        throw badShape(name, Arrays.toString(shape), "2^31");
      }
    }
    return (int) elements;
  }

  private static long elements(String name, ElementType type, List<Long> shape) {
    try {
      long elements = 1;
      for (long dimension : shape) {
        elements = Math.multiplyExact(elements, dimension);
        if (dimension < 0) {
          throw badShape(name, shape.toString(), "2^63");
        }
      }
      long _ = Math.multiplyExact(elements, (long) type.bytes());
      return elements;
    } catch (ArithmeticException overflow) {
      IllegalArgumentException refusal = badShape(name, shape.toString(), "2^63");
      refusal.initCause(overflow);
      throw refusal;
    }
  }

  private static IllegalArgumentException badShape(String name, String shape, String bound) {
    return new IllegalArgumentException(
        "Tensor \""
            + name
            + "\" has the shape "
            + shape
            + "; its dimensions must be at least 0 and their product below "
            + bound);
  }

  private SafetensorsWriter add(String name, ElementType type, int[] shape, Source source) {
    return add(name, type, Arrays.stream(shape).mapToObj(Long::valueOf).toList(), source);
  }

  private SafetensorsWriter add(String name, ElementType type, List<Long> shape, Source source) {
    if (SafetensorsHeader.METADATA.equals(name)) {
      throw new IllegalArgumentException("No tensor can have the name " + name);
    }
    Pending tensor =
        new Pending(name, type, List.copyOf(shape), elements(name, type, shape), source);
    if (tensors.putIfAbsent(name, tensor) != null) {
      throw new IllegalArgumentException("There is a tensor \"" + name + "\" already");
    }
    return this;
  }

  /**
   * Writes the file, or replaces it, atomically.
   *
   * @param path of the file; its folder must exist
   * @throws IOException when it cannot be written; then there is the old file or none
   */
  public void write(Path path) throws IOException {
    List<Pending> ordered = new ArrayList<>(tensors.values());
    ordered.sort(Comparator.comparingInt((Pending tensor) -> tensor.type().bytes()).reversed());
    byte[] header = header(ordered);
    AtomicFiles.write(path, channel -> write(channel, header, ordered));
  }

  private byte[] header(List<Pending> ordered) {
    Map<String, Object> members = new LinkedHashMap<>();
    if (!metadata.isEmpty()) {
      members.put(SafetensorsHeader.METADATA, metadata);
    }
    long begin = 0;
    for (Pending tensor : ordered) {
      long end = begin + tensor.type().bytes() * tensor.length();
      Map<String, Object> description = new LinkedHashMap<>();
      description.put("dtype", tensor.type().name());
      description.put("shape", tensor.shape());
      description.put("data_offsets", new long[] {begin, end});
      members.put(tensor.name(), description);
      begin = end;
    }
    byte[] json = Json.write(members).getBytes(StandardCharsets.UTF_8);
    int padded = Math.ceilDiv(json.length, Long.BYTES) * Long.BYTES;
    if (padded > SafetensorsHeader.MAX_LENGTH) {
      throw new IllegalArgumentException(
          "The header of "
              + ordered.size()
              + " tensors has "
              + padded
              + " bytes, more than the format's "
              + SafetensorsHeader.MAX_LENGTH);
    }
    byte[] header = new byte[padded];
    System.arraycopy(json, 0, header, 0, json.length);
    Arrays.fill(header, json.length, padded, (byte) ' ');
    return header;
  }

  private static void write(FileChannel channel, byte[] header, List<Pending> ordered)
      throws IOException {
    ByteBuffer chunk = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    flush(channel, chunk.putLong(header.length));
    ByteBuffer json = ByteBuffer.wrap(header);
    while (json.hasRemaining()) {
      channel.write(json);
    }
    for (Pending tensor : ordered) {
      int size = tensor.type().bytes();
      int step = CHUNK_BYTES / size;
      for (long from = 0; from < tensor.length(); from += step) {
        int count = (int) Math.min(tensor.length() - from, step);
        tensor.source().put(chunk, from, count);
        flush(channel, chunk.position(chunk.position() + count * size));
      }
    }
  }

  private static void flush(FileChannel channel, ByteBuffer chunk) throws IOException {
    chunk.flip();
    while (chunk.hasRemaining()) {
      channel.write(chunk);
    }
    chunk.clear();
  }
}
