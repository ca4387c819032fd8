package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.Arrays;

/**
 * Elements of x by their coordinates along each axis, in any order and number, and zeros: slices,
 * selections, repetitions, padding. y[i, j, …] = x[c₀[i], c₁[j], …], or 0 where a coordinate is −1.
 */
public final class Elements extends Node {

  /** What stands for no coordinate. */
  public static final int ZERO = -1;

  private final int[][] coordinates;
  private final int[] strides;
  private final int[] operandStrides;

  /**
   * @param x of any rank but 0
   * @param coordinates for each axis of x those along the result's, each an index of x's axis or
   *     {@link #ZERO}
   */
  public Elements(Node x, int[]... coordinates) {
    super(shape(x.shape(), coordinates), x);
    this.coordinates = new int[coordinates.length][];
    for (int axis = 0; axis < coordinates.length; axis++) {
      this.coordinates[axis] = coordinates[axis].clone();
    }
    this.strides = strides(shape());
    this.operandStrides = strides(x.shape());
  }

  private static Shape shape(Shape x, int[][] coordinates) {
    require(
        x.rank() >= 1 && x.rank() == coordinates.length,
        "Elements needs coordinates for each of at least one axis, but got %d for %s",
        coordinates.length,
        x);
    int[] extents = new int[coordinates.length];
    for (int axis = 0; axis < extents.length; axis++) {
      extents[axis] = coordinates[axis].length;
      for (int coordinate : coordinates[axis]) {
        require(
            coordinate >= ZERO && coordinate < x.extent(axis),
            "Coordinate %d lies outside of axis %d of %s",
            coordinate,
            axis,
            x);
      }
    }
    return Shape.of(extents);
  }

  private static int[] strides(Shape shape) {
    int[] strides = new int[shape.rank()];
    int stride = 1;
    for (int axis = strides.length - 1; axis >= 0; axis--) {
      strides[axis] = stride;
      stride *= shape.extent(axis);
    }
    return strides;
  }

  @Override
  protected void forward(Backend backend) {
    Slice x = input(0).slice();
    Slice y = value().slice();
    backend.memory().pull(x);
    copy(x.array(), x.offset(), y.array(), y.offset(), 0);
    backend.memory().push(y);
  }

  private void copy(float[] x, int from, float[] y, int to, int axis) {
    int[] along = coordinates[axis];
    boolean last = axis == coordinates.length - 1;
    for (int i = 0; i < along.length; i++) {
      int at = to + i * strides[axis];
      int source = from + along[i] * operandStrides[axis];
      if (along[i] == ZERO) {
        Arrays.fill(y, at, at + strides[axis], 0);
      } else if (last) {
        y[at] = x[source];
      } else {
        copy(x, source, y, at, axis + 1);
      }
    }
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice dx = inputGradient(0).slice();
    Slice dy = gradient().slice();
    if (!accumulates(0)) {
      backend.elementwise().fill(dx, 0);
    }
    backend.memory().pull(dx);
    backend.memory().pull(dy);
    add(dy.array(), dy.offset(), dx.array(), dx.offset(), 0);
    backend.memory().push(dx);
  }

  private void add(float[] dy, int from, float[] dx, int to, int axis) {
    int[] along = coordinates[axis];
    for (int i = 0; i < along.length; i++) {
      if (along[i] != ZERO) {
        int source = from + i * strides[axis];
        int at = to + along[i] * operandStrides[axis];
        if (axis == coordinates.length - 1) {
          dx[at] += dy[source];
        } else {
          add(dy, source, dx, at, axis + 1);
        }
      }
    }
  }
}
