package io.github.bmr4j.kernels;

import java.util.Objects;

/**
 * A row-major matrix inside an array: element (i, j) is {@code array[offset + i * stride + j]}.
 *
 * @param array the storage; not copied
 * @param offset index of element (0, 0)
 * @param rows number of rows
 * @param columns number of columns
 * @param stride distance between the starts of consecutive rows, at least {@code columns}
 */
public record MatrixView(float[] array, int offset, int rows, int columns, int stride) {

  /**
   * @throws IllegalArgumentException if a dimension is negative or rows overlap
   * @throws IndexOutOfBoundsException if the matrix does not lie within the array
   */
  public MatrixView {
    if (rows < 0 || columns < 0 || stride < columns) {
      throw new IllegalArgumentException(
          "A matrix needs rows >= 0, columns >= 0 and stride >= columns, but has rows = "
              + rows
              + ", columns = "
              + columns
              + ", stride = "
              + stride);
    }
    long extent = rows == 0 ? 0 : (long) (rows - 1) * stride + columns;
    Objects.checkFromIndexSize((long) offset, extent, (long) array.length);
  }

  /** A dense matrix over the whole of {@code values}, which is not copied. */
  public static MatrixView of(int rows, int columns, float... values) {
    return Slice.of(values).asMatrix(rows, columns);
  }

  /** Whether rows follow each other without gaps. */
  public boolean isDense() {
    return stride == columns;
  }

  /** Element (i, j), unchecked beyond the array's own bounds. */
  public float get(int i, int j) {
    return array[offset + i * stride + j];
  }

  /** The bounds; not the elements. */
  @Override
  public String toString() {
    return "MatrixView[" + rows + " x " + columns + ", stride " + stride + "]";
  }
}
