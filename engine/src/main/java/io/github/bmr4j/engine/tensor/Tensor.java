package io.github.bmr4j.engine.tensor;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/**
 * A shape and a slice of a float array, row-major and dense. Tensors are cheap handles on planned
 * memory; two tensors may share it.
 */
public final class Tensor {

  private final Shape shape;
  private final Slice slice;
  private final MatrixView matrix;

  /**
   * @param shape any
   * @param slice of exactly {@code shape.size()} elements
   */
  public Tensor(Shape shape, Slice slice) {
    if (shape.size() != slice.length()) {
      throw new IllegalArgumentException(
          "A tensor of shape "
              + shape
              + " needs "
              + shape.size()
              + " elements, but its slice has "
              + slice.length());
    }
    this.shape = shape;
    this.slice = slice;
    int columns = shape.rank() == 0 ? 1 : shape.extent(-1);
    int rows = columns == 0 ? 0 : shape.size() / columns;
    this.matrix = slice.asMatrix(rows, columns);
  }

  /** A tensor of zeros on the heap. */
  public static Tensor allocate(Shape shape) {
    return new Tensor(shape, Slice.allocate(shape.size()));
  }

  /** A tensor over {@code values}, which are not copied. */
  public static Tensor of(Shape shape, float... values) {
    return new Tensor(shape, Slice.of(values));
  }

  /** The extents. */
  public Shape shape() {
    return shape;
  }

  /** Number of elements. */
  public int size() {
    return slice.length();
  }

  /** The memory. */
  public Slice slice() {
    return slice;
  }

  /**
   * The tensor as a matrix: the last dimension is the columns, all others together the rows. A
   * scalar is 1 × 1. Always the same object.
   */
  public MatrixView matrix() {
    return matrix;
  }

  /** A part of this tensor's memory under another shape. */
  public Tensor view(int offset, Shape part) {
    return new Tensor(part, slice.slice(offset, part.size()));
  }

  /** The only element of a tensor of size 1, as the host sees it. */
  public float item() {
    if (size() != 1) {
      throw new IllegalStateException("A tensor of shape " + shape + " has no single element");
    }
    return slice.get(0);
  }

  @Override
  public String toString() {
    return "Tensor" + shape;
  }
}
