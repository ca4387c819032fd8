package io.github.bmr4j.kernels;

import java.util.Arrays;
import java.util.Objects;

/**
 * A contiguous run of {@code length} floats in an array, starting at {@code offset}: the unit of
 * memory that kernels read and write.
 *
 * <p>Slices are made once, when buffers are planned, and used many times; nothing in a training
 * step creates one. Arrays that a {@link Backend} allocated may have a copy on a device: see {@link
 * Memory} for when the host may look at them.
 *
 * @param array the storage; not copied
 * @param offset index of the first element
 * @param length number of elements
 */
public record Slice(float[] array, int offset, int length) {

  /**
   * @throws IndexOutOfBoundsException if the run does not lie within the array
   */
  public Slice {
    Objects.checkFromIndexSize(offset, length, array.length);
  }

  /** A slice over the whole of {@code values}, which is not copied. */
  public static Slice of(float... values) {
    return new Slice(values, 0, values.length);
  }

  /** A new slice of {@code length} zeros on the heap. */
  public static Slice allocate(int length) {
    return new Slice(new float[length], 0, length);
  }

  /** The part of this slice that starts at {@code from} (relative to it). */
  public Slice slice(int from, int count) {
    Objects.checkFromIndexSize(from, count, length);
    return new Slice(array, offset + from, count);
  }

  /** This slice seen as a dense row-major matrix. */
  public MatrixView asMatrix(int rows, int columns) {
    if ((long) rows * columns != length) {
      throw new IllegalArgumentException(
          "A slice of " + length + " elements is no " + rows + " x " + columns + " matrix");
    }
    return new MatrixView(array, offset, rows, columns, columns);
  }

  /** Element {@code i}, {@code 0 <= i < length}. */
  public float get(int i) {
    return array[offset + Objects.checkIndex(i, length)];
  }

  /** Sets element {@code i}, {@code 0 <= i < length}. */
  public void set(int i, float value) {
    array[offset + Objects.checkIndex(i, length)] = value;
  }

  /** Sets every element on the host. */
  public void fill(float value) {
    Arrays.fill(array, offset, offset + length, value);
  }

  /** Copies {@code length} values from {@code source}, starting at {@code from}, on the host. */
  public void copyFrom(float[] source, int from) {
    System.arraycopy(source, from, array, offset, length);
  }

  /** A new array with this slice's elements. */
  public float[] toArray() {
    return Arrays.copyOfRange(array, offset, offset + length);
  }

  /** The array's type and the bounds; not the elements, which may be many or on a device. */
  @Override
  public String toString() {
    return "Slice[" + offset + ", +" + length + " of " + array.length + "]";
  }
}
