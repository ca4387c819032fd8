package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost loops of the matrix product: one tile of the output, held in registers while k runs
 * over one block (Goto and van de Geijn: Anatomy of high-performance matrix multiplication, ACM
 * TOMS 34, 2008; Van Zee and van de Geijn: BLIS, ACM TOMS 41, 2015).
 *
 * <p>A tile has {@link #ROWS} rows and {@link #COLUMNS} columns, two vectors. Its left factor is a
 * packed panel with element (i, k) at {@code k * ROWS + i}, its right factor one with element (k,
 * j) at {@code k * COLUMNS + j}. In each step of k the two vectors of b are multiplied by each of
 * the rows' elements of a: with 512 bits 24 accumulators, two vectors and a broadcast fill 27 of 32
 * registers, otherwise 12 + 2 + 1 fill 15 of 16. Every element of the tile is one chain of fused
 * multiply-adds over k in ascending order, from 0, so its bits do not depend on the tile's shape.
 *
 * <p>The accumulators are named one by one because the JIT compiler keeps vectors in registers only
 * as local variables.
 */
final class MatrixTiles {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Whether there are 32 registers of 512 bits. */
  private static final boolean WIDE = LANES == 16;

  /** Rows of a tile. */
  static final int ROWS = WIDE ? 12 : 6;

  /** Columns of a tile. */
  static final int COLUMNS = 2 * LANES;

  private MatrixTiles() {}

  /**
   * Stores the product of two packed panels, {@code ROWS} x {@code columns} (rounded up to whole
   * vectors) elements.
   *
   * @param a panel of the left factor
   * @param aStart its first element
   * @param b panel of the right factor
   * @param bStart its first element
   * @param depth number of steps of k
   * @param columns how many columns are wanted, 1 to {@link #COLUMNS}
   * @param c where to store
   * @param cStart element (0, 0) of the tile
   * @param stride distance of its rows
   */
  static void multiply(
      float[] a,
      int aStart,
      float[] b,
      int bStart,
      int depth,
      int columns,
      float[] c,
      int cStart,
      int stride) {
    if (columns > LANES) {
      if (WIDE) {
        twelveByTwo(a, aStart, b, bStart, depth, c, cStart, stride);
      } else {
        sixByTwo(a, aStart, b, bStart, depth, c, cStart, stride);
      }
    } else if (WIDE) {
      twelveByOne(a, aStart, b, bStart, depth, c, cStart, stride);
    } else {
      sixByOne(a, aStart, b, bStart, depth, c, cStart, stride);
    }
  }

  /** Twelve rows, two vectors of columns. */
  private static void twelveByTwo(
      float[] a, int aStart, float[] b, int bStart, int depth, float[] c, int cStart, int stride) {
    FloatVector c0l = FloatVector.zero(FLOAT);
    FloatVector c0r = FloatVector.zero(FLOAT);
    FloatVector c1l = FloatVector.zero(FLOAT);
    FloatVector c1r = FloatVector.zero(FLOAT);
    FloatVector c2l = FloatVector.zero(FLOAT);
    FloatVector c2r = FloatVector.zero(FLOAT);
    FloatVector c3l = FloatVector.zero(FLOAT);
    FloatVector c3r = FloatVector.zero(FLOAT);
    FloatVector c4l = FloatVector.zero(FLOAT);
    FloatVector c4r = FloatVector.zero(FLOAT);
    FloatVector c5l = FloatVector.zero(FLOAT);
    FloatVector c5r = FloatVector.zero(FLOAT);
    FloatVector c6l = FloatVector.zero(FLOAT);
    FloatVector c6r = FloatVector.zero(FLOAT);
    FloatVector c7l = FloatVector.zero(FLOAT);
    FloatVector c7r = FloatVector.zero(FLOAT);
    FloatVector c8l = FloatVector.zero(FLOAT);
    FloatVector c8r = FloatVector.zero(FLOAT);
    FloatVector c9l = FloatVector.zero(FLOAT);
    FloatVector c9r = FloatVector.zero(FLOAT);
    FloatVector c10l = FloatVector.zero(FLOAT);
    FloatVector c10r = FloatVector.zero(FLOAT);
    FloatVector c11l = FloatVector.zero(FLOAT);
    FloatVector c11r = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      int p = aStart + k * 12;
      FloatVector l = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES));
      FloatVector r = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES) + LANES);
      FloatVector a0 = FloatVector.broadcast(FLOAT, a[p]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(FLOAT, a[p + 1]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(FLOAT, a[p + 2]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(FLOAT, a[p + 3]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
      FloatVector a4 = FloatVector.broadcast(FLOAT, a[p + 4]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(FLOAT, a[p + 5]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
      FloatVector a6 = FloatVector.broadcast(FLOAT, a[p + 6]);
      c6l = a6.fma(l, c6l);
      c6r = a6.fma(r, c6r);
      FloatVector a7 = FloatVector.broadcast(FLOAT, a[p + 7]);
      c7l = a7.fma(l, c7l);
      c7r = a7.fma(r, c7r);
      FloatVector a8 = FloatVector.broadcast(FLOAT, a[p + 8]);
      c8l = a8.fma(l, c8l);
      c8r = a8.fma(r, c8r);
      FloatVector a9 = FloatVector.broadcast(FLOAT, a[p + 9]);
      c9l = a9.fma(l, c9l);
      c9r = a9.fma(r, c9r);
      FloatVector a10 = FloatVector.broadcast(FLOAT, a[p + 10]);
      c10l = a10.fma(l, c10l);
      c10r = a10.fma(r, c10r);
      FloatVector a11 = FloatVector.broadcast(FLOAT, a[p + 11]);
      c11l = a11.fma(l, c11l);
      c11r = a11.fma(r, c11r);
    }
    c0l.intoArray(c, cStart);
    c0r.intoArray(c, cStart + LANES);
    c1l.intoArray(c, cStart + stride);
    c1r.intoArray(c, cStart + stride + LANES);
    c2l.intoArray(c, cStart + 2 * stride);
    c2r.intoArray(c, cStart + 2 * stride + LANES);
    c3l.intoArray(c, cStart + 3 * stride);
    c3r.intoArray(c, cStart + 3 * stride + LANES);
    c4l.intoArray(c, cStart + 4 * stride);
    c4r.intoArray(c, cStart + 4 * stride + LANES);
    c5l.intoArray(c, cStart + 5 * stride);
    c5r.intoArray(c, cStart + 5 * stride + LANES);
    c6l.intoArray(c, cStart + 6 * stride);
    c6r.intoArray(c, cStart + 6 * stride + LANES);
    c7l.intoArray(c, cStart + 7 * stride);
    c7r.intoArray(c, cStart + 7 * stride + LANES);
    c8l.intoArray(c, cStart + 8 * stride);
    c8r.intoArray(c, cStart + 8 * stride + LANES);
    c9l.intoArray(c, cStart + 9 * stride);
    c9r.intoArray(c, cStart + 9 * stride + LANES);
    c10l.intoArray(c, cStart + 10 * stride);
    c10r.intoArray(c, cStart + 10 * stride + LANES);
    c11l.intoArray(c, cStart + 11 * stride);
    c11r.intoArray(c, cStart + 11 * stride + LANES);
  }

  /** Twelve rows, the first vector of columns: narrow outputs. */
  private static void twelveByOne(
      float[] a, int aStart, float[] b, int bStart, int depth, float[] c, int cStart, int stride) {
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector c1 = FloatVector.zero(FLOAT);
    FloatVector c2 = FloatVector.zero(FLOAT);
    FloatVector c3 = FloatVector.zero(FLOAT);
    FloatVector c4 = FloatVector.zero(FLOAT);
    FloatVector c5 = FloatVector.zero(FLOAT);
    FloatVector c6 = FloatVector.zero(FLOAT);
    FloatVector c7 = FloatVector.zero(FLOAT);
    FloatVector c8 = FloatVector.zero(FLOAT);
    FloatVector c9 = FloatVector.zero(FLOAT);
    FloatVector c10 = FloatVector.zero(FLOAT);
    FloatVector c11 = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      int p = aStart + k * 12;
      FloatVector l = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES));
      c0 = FloatVector.broadcast(FLOAT, a[p]).fma(l, c0);
      c1 = FloatVector.broadcast(FLOAT, a[p + 1]).fma(l, c1);
      c2 = FloatVector.broadcast(FLOAT, a[p + 2]).fma(l, c2);
      c3 = FloatVector.broadcast(FLOAT, a[p + 3]).fma(l, c3);
      c4 = FloatVector.broadcast(FLOAT, a[p + 4]).fma(l, c4);
      c5 = FloatVector.broadcast(FLOAT, a[p + 5]).fma(l, c5);
      c6 = FloatVector.broadcast(FLOAT, a[p + 6]).fma(l, c6);
      c7 = FloatVector.broadcast(FLOAT, a[p + 7]).fma(l, c7);
      c8 = FloatVector.broadcast(FLOAT, a[p + 8]).fma(l, c8);
      c9 = FloatVector.broadcast(FLOAT, a[p + 9]).fma(l, c9);
      c10 = FloatVector.broadcast(FLOAT, a[p + 10]).fma(l, c10);
      c11 = FloatVector.broadcast(FLOAT, a[p + 11]).fma(l, c11);
    }
    c0.intoArray(c, cStart);
    c1.intoArray(c, cStart + stride);
    c2.intoArray(c, cStart + 2 * stride);
    c3.intoArray(c, cStart + 3 * stride);
    c4.intoArray(c, cStart + 4 * stride);
    c5.intoArray(c, cStart + 5 * stride);
    c6.intoArray(c, cStart + 6 * stride);
    c7.intoArray(c, cStart + 7 * stride);
    c8.intoArray(c, cStart + 8 * stride);
    c9.intoArray(c, cStart + 9 * stride);
    c10.intoArray(c, cStart + 10 * stride);
    c11.intoArray(c, cStart + 11 * stride);
  }

  /** Six rows, two vectors of columns. */
  private static void sixByTwo(
      float[] a, int aStart, float[] b, int bStart, int depth, float[] c, int cStart, int stride) {
    FloatVector c0l = FloatVector.zero(FLOAT);
    FloatVector c0r = FloatVector.zero(FLOAT);
    FloatVector c1l = FloatVector.zero(FLOAT);
    FloatVector c1r = FloatVector.zero(FLOAT);
    FloatVector c2l = FloatVector.zero(FLOAT);
    FloatVector c2r = FloatVector.zero(FLOAT);
    FloatVector c3l = FloatVector.zero(FLOAT);
    FloatVector c3r = FloatVector.zero(FLOAT);
    FloatVector c4l = FloatVector.zero(FLOAT);
    FloatVector c4r = FloatVector.zero(FLOAT);
    FloatVector c5l = FloatVector.zero(FLOAT);
    FloatVector c5r = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      int p = aStart + k * 6;
      FloatVector l = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES));
      FloatVector r = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES) + LANES);
      FloatVector a0 = FloatVector.broadcast(FLOAT, a[p]);
      c0l = a0.fma(l, c0l);
      c0r = a0.fma(r, c0r);
      FloatVector a1 = FloatVector.broadcast(FLOAT, a[p + 1]);
      c1l = a1.fma(l, c1l);
      c1r = a1.fma(r, c1r);
      FloatVector a2 = FloatVector.broadcast(FLOAT, a[p + 2]);
      c2l = a2.fma(l, c2l);
      c2r = a2.fma(r, c2r);
      FloatVector a3 = FloatVector.broadcast(FLOAT, a[p + 3]);
      c3l = a3.fma(l, c3l);
      c3r = a3.fma(r, c3r);
      FloatVector a4 = FloatVector.broadcast(FLOAT, a[p + 4]);
      c4l = a4.fma(l, c4l);
      c4r = a4.fma(r, c4r);
      FloatVector a5 = FloatVector.broadcast(FLOAT, a[p + 5]);
      c5l = a5.fma(l, c5l);
      c5r = a5.fma(r, c5r);
    }
    c0l.intoArray(c, cStart);
    c0r.intoArray(c, cStart + LANES);
    c1l.intoArray(c, cStart + stride);
    c1r.intoArray(c, cStart + stride + LANES);
    c2l.intoArray(c, cStart + 2 * stride);
    c2r.intoArray(c, cStart + 2 * stride + LANES);
    c3l.intoArray(c, cStart + 3 * stride);
    c3r.intoArray(c, cStart + 3 * stride + LANES);
    c4l.intoArray(c, cStart + 4 * stride);
    c4r.intoArray(c, cStart + 4 * stride + LANES);
    c5l.intoArray(c, cStart + 5 * stride);
    c5r.intoArray(c, cStart + 5 * stride + LANES);
  }

  /** Six rows, the first vector of columns: narrow outputs. */
  private static void sixByOne(
      float[] a, int aStart, float[] b, int bStart, int depth, float[] c, int cStart, int stride) {
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector c1 = FloatVector.zero(FLOAT);
    FloatVector c2 = FloatVector.zero(FLOAT);
    FloatVector c3 = FloatVector.zero(FLOAT);
    FloatVector c4 = FloatVector.zero(FLOAT);
    FloatVector c5 = FloatVector.zero(FLOAT);
    for (int k = 0; k < depth; k++) {
      int p = aStart + k * 6;
      FloatVector l = FloatVector.fromArray(FLOAT, b, bStart + k * (2 * LANES));
      c0 = FloatVector.broadcast(FLOAT, a[p]).fma(l, c0);
      c1 = FloatVector.broadcast(FLOAT, a[p + 1]).fma(l, c1);
      c2 = FloatVector.broadcast(FLOAT, a[p + 2]).fma(l, c2);
      c3 = FloatVector.broadcast(FLOAT, a[p + 3]).fma(l, c3);
      c4 = FloatVector.broadcast(FLOAT, a[p + 4]).fma(l, c4);
      c5 = FloatVector.broadcast(FLOAT, a[p + 5]).fma(l, c5);
    }
    c0.intoArray(c, cStart);
    c1.intoArray(c, cStart + stride);
    c2.intoArray(c, cStart + 2 * stride);
    c3.intoArray(c, cStart + 3 * stride);
    c4.intoArray(c, cStart + 4 * stride);
    c5.intoArray(c, cStart + 5 * stride);
  }
}
