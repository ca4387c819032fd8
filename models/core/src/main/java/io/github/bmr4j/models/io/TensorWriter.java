package io.github.bmr4j.models.io;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;

/**
 * Gathers tensors and writes them as one file, atomically. The same tensors in the same order give
 * the same bytes. Arrays are not copied: what they hold when {@link #write} is called is written.
 *
 * @param <W> the class itself, so that calls can be chained
 */
public abstract sealed class TensorWriter<W extends TensorWriter<W>>
    permits SafetensorsWriter, NpzWriter {

  private static final int CHUNK_BYTES = 1 << 20;

  private final Map<String, Pending> tensors = new LinkedHashMap<>();

  /** Puts elements into a buffer that has room for them, at its position, which stays. */
  interface Source {
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

  record Pending(String name, ElementType type, List<Long> shape, long length, Source source) {}

  /** An empty file. */
  TensorWriter() {}

  /** This. */
  abstract W self();

  /** Refuses a name that the format cannot have. */
  abstract void checkName(String name);

  /**
   * Writes the file, or replaces it, atomically.
   *
   * @param path of the file; its folder must exist
   * @throws IOException when it cannot be written; then there is the old file or none
   */
  public abstract void write(Path path) throws IOException;

  /** The tensors in the order in which they were added. */
  List<Pending> pending() {
    return new ArrayList<>(tensors.values());
  }

  /** Takes some bytes of a tensor. */
  @FunctionalInterface
  interface Sink {

    /**
     * Takes them.
     *
     * @param bytes not to be touched any more, unless they are what is returned
     * @return the {@link #chunk} to fill next
     */
    ByteBuffer accept(ByteBuffer bytes) throws IOException;
  }

  /**
   * Hands out a tensor's elements in little-endian chunks.
   *
   * @param chunk to fill first
   * @return the one to fill next
   */
  static ByteBuffer forEachChunk(Pending tensor, ByteBuffer chunk, Sink sink) throws IOException {
    int size = tensor.type().bytes();
    int step = CHUNK_BYTES / size;
    ByteBuffer next = chunk;
    for (long from = 0; from < tensor.length(); from += step) {
      int count = (int) Math.min(tensor.length() - from, step);
      tensor.source().put(next.clear(), from, count);
      next = sink.accept(next.position(count * size).flip());
    }
    return next;
  }

  /** A buffer for {@link #forEachChunk}. */
  static ByteBuffer chunk() {
    return ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Adds a tensor of F32.
   *
   * @param name not used before
   * @param shape its dimensions; none for a single number
   * @param data all its elements, row-major
   * @return this
   */
  public W floats(String name, int[] shape, float[] data) {
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
  public W floats(String name, int[] shape, float[] data, int offset) {
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
  public W doubles(String name, int[] shape, double[] data) {
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
  public W longs(String name, int[] shape, long[] data) {
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
  public W ints(String name, int[] shape, int[] data) {
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
  public W bytes(String name, int[] shape, byte[] data) {
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
  public W booleans(String name, int[] shape, boolean[] data) {
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
  public W floats(String name, List<Long> shape, FloatSource source) {
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
   * @param source gives 64 elements, a bit each and the first one lowest, for the number of the
   *     first, counted row-major, a multiple of 64; called in rising order
   * @return this
   */
  public W booleans(String name, List<Long> shape, LongUnaryOperator source) {
    return add(
        name,
        ElementType.BOOL,
        shape,
        (target, from, count) -> {
          int at = target.position();
          for (int i = 0; i < count; i += Byte.SIZE) {
            long eight =
                Long.expand(
                    source.applyAsLong((from + i) & -Long.SIZE) >>> (i & (Long.SIZE - 1)),
                    0x0101_0101_0101_0101L);
            if (count - i >= Byte.SIZE) {
              target.putLong(at + i, eight);
            } else {
              for (int k = 0; k < count - i; k++) {
                target.put(at + i + k, (byte) (eight >>> (Byte.SIZE * k)));
              }
            }
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
  public W copy(TensorEntry tensor, TensorReader reader) {
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

  private W add(String name, ElementType type, int[] shape, Source source) {
    return add(name, type, Arrays.stream(shape).mapToObj(Long::valueOf).toList(), source);
  }

  private W add(String name, ElementType type, List<Long> shape, Source source) {
    checkName(name);
    Pending tensor =
        new Pending(name, type, List.copyOf(shape), elements(name, type, shape), source);
    if (tensors.putIfAbsent(name, tensor) != null) {
      throw new IllegalArgumentException("There is a tensor \"" + name + "\" already");
    }
    return self();
  }
}
