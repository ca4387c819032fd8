package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Checks;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Transposed;

/**
 * Matrix products on the device. A transposed operand is one whose rows and columns have changed
 * their distances, so all three products are one kernel.
 */
final class OpenClMatrixKernels implements MatrixKernels {

  private static final String ARGUMENTS =
      "@a, aPair, aRow, aColumn, @b, bPair, bRow, bColumn, #c, cPair, rows, columns, inner, tiles,"
          + " tilesAcross, accumulate, ?bias, function, aTile, bTile";

  private static final int TILE = 16;
  private static final int WIDE_TILE = 64;
  private static final int WIDE_ELEMENTS = 16 * WIDE_TILE;

  /** Work items of a group of either kernel. */
  private static final int GROUP = 256;

  /** Wide tiles that keep a device busy; with fewer, small ones are faster. */
  private static final int ENOUGH_WIDE_TILES = 16;

  private final Work work;
  private final Launch narrow;
  private final Launch wide;

  OpenClMatrixKernels(Work work) {
    this.work = work;
    narrow = new Launch(work, "MatrixProduct", ARGUMENTS);
    wide = new Launch(work, "WideMatrixProduct", ARGUMENTS);
  }

  @Override
  public void multiplyPairs(
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue) {
    Checks.product(pairs, transposed, a, b, c, epilogue);
    int rows = c.rows() / pairs;
    int inner = transposed.inner(a, pairs);
    synchronized (work.context()) {
      boolean isWide = isWide(pairs, rows, c.columns());
      int tile = isWide ? WIDE_TILE : TILE;
      int elements = isWide ? WIDE_ELEMENTS : TILE * TILE;
      Launch launch = isWide ? wide : narrow;
      launch.start();
      factor(launch, a, pairs, transposed.left());
      factor(launch, b, pairs, transposed.right());
      launch.matrix(c).number(rows * c.stride());
      launch.number(rows).number(c.columns()).number(inner);
      launch.number(tiles(rows, c.columns(), tile)).number(Math.ceilDiv(c.columns(), tile));
      launch.flag(epilogue.accumulate());
      launch.optional(epilogue.bias()).function(epilogue.activation());
      launch.local(elements).local(elements);
      launch.runGroups((long) pairs * tiles(rows, c.columns(), tile), GROUP);
    }
  }

  private static void factor(Launch launch, MatrixView x, int pairs, boolean transposed) {
    launch.origin(x).number(x.rows() / pairs * x.stride());
    launch.number(transposed ? 1 : x.stride()).number(transposed ? x.stride() : 1);
  }

  /** Whether wide tiles keep the device busy, and do not compute far more than there is. */
  private static boolean isWide(int pairs, int rows, int columns) {
    int wide = tiles(rows, columns, WIDE_TILE);
    long area = (long) wide * WIDE_TILE * WIDE_TILE;
    boolean wasteful = pairs > 1 && area > 2L * tiles(rows, columns, TILE) * TILE * TILE;
    return (long) pairs * wide >= ENOUGH_WIDE_TILES && !wasteful;
  }

  private static int tiles(int rows, int columns, int side) {
    return Math.ceilDiv(rows, side) * Math.ceilDiv(columns, side);
  }
}
