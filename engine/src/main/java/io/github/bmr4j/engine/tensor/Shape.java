package io.github.bmr4j.engine.tensor;

import java.util.Arrays;

/** The extents of a tensor, outermost first. The empty shape is that of a scalar. Immutable. */
public final class Shape {

  /** The shape of a scalar: no dimension, one element. */
  public static final Shape SCALAR = new Shape(new int[0]);

  private final int[] extents;
  private final int size;

  private Shape(int[] extents) {
    this.extents = extents;
    long product = 1;
    for (int i = 0; i < extents.length; i++) {
      if (extents[i] < 0) {
        throw new IllegalArgumentException(
            "Extents must be >= 0, but extent "
                + i
                + " of "
                + Arrays.toString(extents)
                + " is not");
      }
      product *= extents[i];
      if (product > Integer.MAX_VALUE) {
        throw new IllegalArgumentException(
            "A tensor of shape "
                + Arrays.toString(extents)
                + " has more than the 2147483647 elements that one array can hold");
      }
    }
    size = (int) product;
  }

  /**
   * A shape of the given extents.
   *
   * @param extents each at least 0, their product at most 2³¹ − 1
   */
  public static Shape of(int... extents) {
    return extents.length == 0 ? SCALAR : new Shape(extents.clone());
  }

  /** Number of dimensions. */
  public int rank() {
    return extents.length;
  }

  /** Number of elements: the product of the extents. */
  public int size() {
    return size;
  }

  /**
   * Extent of dimension {@code i}; negative i counts from the last, −1, backwards.
   *
   * @throws IndexOutOfBoundsException if there is no such dimension
   */
  public int extent(int i) {
    int index = i < 0 ? extents.length + i : i;
    if (index < 0 || index >= extents.length) {
      throw new IndexOutOfBoundsException("There is no dimension " + i + " in shape " + this);
    }
    return extents[index];
  }

  /** The extents, as a new array. */
  public int[] toArray() {
    return extents.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Shape shape && Arrays.equals(extents, shape.extents);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(extents);
  }

  /** For instance {@code [120, 784]}. */
  @Override
  public String toString() {
    return Arrays.toString(extents);
  }
}
