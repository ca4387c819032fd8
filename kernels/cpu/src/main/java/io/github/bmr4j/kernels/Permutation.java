package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Another order of a tensor's axes: axis k of the result is axis {@code axes[k]} of the operand.
 * Immutable; made once, when a network is planned.
 */
public final class Permutation {

  private final int[] axes;
  private final int[] extents;
  private final int[] strides;
  private final int size;

  /**
   * @param operand extents of the operand, outermost first; at least one
   * @param axes a permutation of 0 … rank − 1
   */
  public Permutation(int[] operand, int... axes) {
    int rank = operand.length;
    if (rank == 0 || axes.length != rank) {
      throw new IllegalArgumentException(
          "A permutation needs one axis for each of at least one extent, but got "
              + axes.length
              + " axes for "
              + rank
              + " extents");
    }
    int[] operandStrides = new int[rank];
    int stride = 1;
    for (int i = rank - 1; i >= 0; i--) {
      operandStrides[i] = stride;
      stride = Math.multiplyExact(stride, operand[i]);
    }
    this.size = stride;
    this.axes = axes.clone();
    this.extents = new int[rank];
    this.strides = new int[rank];
    boolean[] seen = new boolean[rank];
    for (int k = 0; k < rank; k++) {
      if (axes[k] < 0 || axes[k] >= rank || seen[axes[k]]) {
        throw new IllegalArgumentException(
            "Axes must be each of 0 to " + (rank - 1) + " once, but axis " + k + " is " + axes[k]);
      }
      seen[axes[k]] = true;
      extents[k] = operand[axes[k]];
      strides[k] = operandStrides[axes[k]];
    }
  }

  /** The permutation that takes the result back to the operand. */
  public Permutation inverse() {
    int[] back = new int[axes.length];
    for (int k = 0; k < axes.length; k++) {
      back[axes[k]] = k;
    }
    return new Permutation(extents, back);
  }

  /** Extents of the result, as a new array. */
  public int[] extents() {
    return extents.clone();
  }

  /** Number of axes. */
  public int rank() {
    return extents.length;
  }

  /**
   * For each axis of the result its extent, then for each the distance of neighbours along it in
   * the operand; a new array.
   */
  public int[] extentsAndStrides() {
    int[] both = Arrays.copyOf(extents, 2 * rank());
    System.arraycopy(strides, 0, both, rank(), rank());
    return both;
  }

  /** Number of elements. */
  public int size() {
    return size;
  }

  /** Extent of the result's outermost axis. */
  int outermost() {
    return extents[0];
  }

  /** Does the part of the result whose outermost index is {@code i}. */
  void part(int i, float[] x, int xAt, float[] out, int outAt, boolean accumulate) {
    int inner = size / extents[0];
    walk(1, x, xAt + i * strides[0], out, outAt + i * inner, inner, accumulate);
  }

  private void walk(
      int axis, float[] x, int from, float[] out, int to, int count, boolean accumulate) {
    if (axis == extents.length) {
      out[to] = accumulate ? out[to] + x[from] : x[from];
      return;
    }
    int stride = strides[axis];
    int extent = extents[axis];
    if (axis < extents.length - 1) {
      int inner = count / extent;
      for (int i = 0; i < extent; i++) {
        walk(axis + 1, x, from + i * stride, out, to + i * inner, inner, accumulate);
      }
    } else if (accumulate) {
      for (int i = 0; i < extent; i++) {
        out[to + i] += x[from + i * stride];
      }
    } else if (stride == 1) {
      System.arraycopy(x, from, out, to, extent);
    } else {
      for (int i = 0; i < extent; i++) {
        out[to + i] = x[from + i * stride];
      }
    }
  }
}
