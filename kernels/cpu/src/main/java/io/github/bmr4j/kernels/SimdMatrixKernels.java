package io.github.bmr4j.kernels;

/**
 * Matrix products on the CPU's vector units: {@link PackedProduct}, {@link ThinProduct} for few
 * rows.
 */
final class SimdMatrixKernels implements MatrixKernels {

  private final WorkerPool pool;
  private final PackedProduct packed;
  private final ThinProduct thin;

  SimdMatrixKernels(WorkerPool pool) {
    this.pool = pool;
    packed = new PackedProduct(pool);
    thin = new ThinProduct(pool);
  }

  @Override
  public void multiply(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiply", a, false, b, false, c, epilogue);
    run(a, false, b, false, c, epilogue);
  }

  @Override
  public void multiplyTransposedLeft(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedLeft", a, true, b, false, c, epilogue);
    run(a, true, b, false, c, epilogue);
  }

  @Override
  public void multiplyTransposedRight(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedRight", a, false, b, true, c, epilogue);
    run(a, false, b, true, c, epilogue);
  }

  private void run(
      MatrixView a,
      boolean leftTransposed,
      MatrixView b,
      boolean rightTransposed,
      MatrixView c,
      Epilogue epilogue) {
    if (c.rows() == 0 || c.columns() == 0) {
      return;
    }
    synchronized (pool) {
      if (c.rows() <= ThinProduct.MOST_ROWS) {
        thin.compute(a, leftTransposed, b, rightTransposed, c, epilogue);
      } else {
        packed.compute(a, leftTransposed, b, rightTransposed, c, epilogue);
      }
    }
  }
}
