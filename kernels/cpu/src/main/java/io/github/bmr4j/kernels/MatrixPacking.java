package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies a strip of a matrix into a packed panel, in which the elements that one step of k needs
 * lie side by side: element (k, i) at {@code k * width + i}.
 *
 * <p>Where the strip is narrower than the panel, the rest of the panel holds arbitrary finite or
 * non-finite numbers; what a tile computes from them is thrown away. Likewise, vectors that are
 * longer than a panel is wide spill over into what the next store overwrites, so a panel needs
 * {@link #SLACK} elements of room behind it.
 */
final class MatrixPacking {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Elements behind the end of a panel that packing may overwrite. */
  static final int SLACK = LANES;

  private MatrixPacking() {}

  /**
   * Packs a strip whose k runs down the rows: element (k, i) is {@code source[start + k * stride +
   * i]}.
   *
   * @param count number of columns i that exist, 1 to {@code width}
   * @param depth number of steps of k
   * @param width width of the panel
   */
  static void columns(
      float[] source,
      int start,
      int stride,
      int count,
      int depth,
      float[] panel,
      int at,
      int width) {
    // A vector may read past its row, but not past the array.
    int reach = (width + LANES - 1) / LANES * LANES;
    int safe = 0;
    if (source.length - reach >= start) {
      safe = stride == 0 ? depth : Math.min(depth, (source.length - reach - start) / stride + 1);
    }
    for (int chunk = (width - 1) / LANES * LANES; chunk >= 0; chunk -= LANES) {
      copyVectors(source, start + chunk, stride, safe, panel, at + chunk, width);
    }
    for (int k = safe; k < depth; k++) {
      System.arraycopy(source, start + k * stride, panel, at + k * width, count);
    }
  }

  private static void copyVectors(
      float[] source, int start, int stride, int depth, float[] panel, int at, int width) {
    for (int k = 0; k < depth; k++) {
      FloatVector.fromArray(FLOAT, source, start + k * stride).intoArray(panel, at + k * width);
    }
  }

  /**
   * Packs a strip whose k runs along the rows: element (k, i) is {@code source[start + i * stride +
   * k]}.
   *
   * @param count number of rows i that exist, 1 to {@code width}
   * @param depth number of steps of k
   * @param width width of the panel
   */
  static void rows(
      float[] source,
      int start,
      int stride,
      int count,
      int depth,
      float[] panel,
      int at,
      int width) {
    int blocks = LANES == 4 ? 0 : depth / LANES * LANES;
    // From the last chunk down, so that what spills over its end is overwritten by the first.
    for (int chunk = (width - 1) / LANES * LANES; chunk >= 0; chunk -= LANES) {
      int last = count - 1 - chunk;
      if (last >= 0) {
        int first = start + chunk * stride;
        Transpose.lanes(source, first, stride, last, blocks, panel, at + chunk, width);
      }
    }
    for (int i = 0; i < count; i++) {
      copyRow(source, start + i * stride, blocks, depth, panel, at + i, width);
    }
  }

  private static void copyRow(
      float[] source, int start, int from, int to, float[] panel, int at, int width) {
    for (int k = from; k < to; k++) {
      panel[at + k * width] = source[start + k];
    }
  }
}
