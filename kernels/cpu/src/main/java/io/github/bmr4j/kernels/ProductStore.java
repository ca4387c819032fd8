package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Moves a tile of finished partial products from scratch memory into the output, with what the
 * {@link Epilogue} asks for. The k of a product is cut into blocks; the first block's store adds to
 * the old content or not, the later ones add to the earlier ones, the last adds bias and applies
 * the activation.
 */
final class ProductStore {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  private ProductStore() {}

  /**
   * For each row: c = tile (+ c) (+ bias), then max(·, 0) if asked for.
   *
   * @param tile the products, row by row
   * @param tileStart the first of them
   * @param tileStride distance of its rows
   * @param rows how many rows
   * @param columns how many columns
   * @param c the output
   * @param cStart where the tile's first element goes
   * @param cStride distance of the output's rows
   * @param accumulate whether the old content is added
   * @param bias the array that holds the biases, or null for none
   * @param biasStart that of the first column
   * @param relu whether RELU is applied last
   */
  static void store(
      float[] tile,
      int tileStart,
      int tileStride,
      int rows,
      int columns,
      float[] c,
      int cStart,
      int cStride,
      boolean accumulate,
      float[] bias,
      int biasStart,
      boolean relu) {
    for (int i = 0; i < rows; i++) {
      int from = tileStart + i * tileStride;
      int to = cStart + i * cStride;
      if (accumulate) {
        add(c, to, tile, from, columns);
      }
      if (bias != null) {
        add(bias, biasStart, tile, from, columns);
      }
      copy(tile, from, c, to, columns, relu);
    }
  }

  /** tile = tile + x. */
  private static void add(float[] x, int xStart, float[] tile, int start, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(FLOAT, tile, start + j)
          .add(FloatVector.fromArray(FLOAT, x, xStart + j))
          .intoArray(tile, start + j);
    }
    for (; j < n; j++) {
      tile[start + j] += x[xStart + j];
    }
  }

  private static void copy(float[] tile, int start, float[] c, int to, int n, boolean relu) {
    // Without the activation the least number is that of every float: max leaves all as they are.
    float least = relu ? 0f : Float.NEGATIVE_INFINITY;
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(FLOAT, tile, start + j).max(least).intoArray(c, to + j);
    }
    for (; j < n; j++) {
      c[to + j] = Math.max(tile[start + j], least);
    }
  }
}
