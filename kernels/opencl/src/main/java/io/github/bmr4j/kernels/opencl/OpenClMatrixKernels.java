package io.github.bmr4j.kernels.opencl;

import io.github.bmr4j.kernels.Checks;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;

/**
 * Matrix products on the device. A transposed operand is one whose rows and columns have changed
 * their distances, so all three products are one kernel.
 */
final class OpenClMatrixKernels implements MatrixKernels {

  private static final String ARGUMENTS =
      "@a, aRow, aColumn, @b, bRow, bColumn, #c, rows, columns, inner, tilesAcross, accumulate,"
          + " ?bias, function, aTile, bTile";

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
  public void multiply(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiply", a, false, b, false, c, epilogue);
    run(a, a.stride(), 1, b, b.stride(), 1, c, a.columns(), epilogue);
  }

  @Override
  public void multiplyTransposedLeft(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedLeft", a, true, b, false, c, epilogue);
    run(a, 1, a.stride(), b, b.stride(), 1, c, a.rows(), epilogue);
  }

  @Override
  public void multiplyTransposedRight(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedRight", a, false, b, true, c, epilogue);
    run(a, a.stride(), 1, b, 1, b.stride(), c, a.columns(), epilogue);
  }

  private void run(
      MatrixView a,
      int aRow,
      int aColumn,
      MatrixView b,
      int bRow,
      int bColumn,
      MatrixView c,
      int inner,
      Epilogue epilogue) {
    synchronized (work.context()) {
      boolean isWide = tiles(c, WIDE_TILE) >= ENOUGH_WIDE_TILES;
      int tile = isWide ? WIDE_TILE : TILE;
      int elements = isWide ? WIDE_ELEMENTS : TILE * TILE;
      Launch launch = isWide ? wide : narrow;
      launch.start().origin(a).number(aRow).number(aColumn);
      launch.origin(b).number(bRow).number(bColumn).matrix(c);
      launch.number(c.rows()).number(c.columns()).number(inner);
      launch.number(Math.ceilDiv(c.columns(), tile)).flag(epilogue.accumulate());
      launch.optional(epilogue.bias()).function(epilogue.activation());
      launch.local(elements).local(elements).runGroups(tiles(c, tile), GROUP);
    }
  }

  private static long tiles(MatrixView c, int side) {
    return (long) Math.ceilDiv(c.rows(), side) * Math.ceilDiv(c.columns(), side);
  }
}
