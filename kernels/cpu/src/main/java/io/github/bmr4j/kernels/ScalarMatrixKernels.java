package io.github.bmr4j.kernels;

/**
 * Matrix products as they are defined: one loop over k for each element of the output, added up in
 * double and rounded once.
 */
final class ScalarMatrixKernels implements MatrixKernels {

  private final ScalarElementwiseKernels elementwise = new ScalarElementwiseKernels();

  @Override
  public void multiplyPairs(
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue) {
    Checks.product(pairs, transposed, a, b, c, epilogue);
    int m = c.rows() / pairs;
    int inner = transposed.inner(a, pairs);
    for (int row = 0; row < c.rows(); row++) {
      int pair = row / m;
      int i = row % m;
      for (int j = 0; j < c.columns(); j++) {
        double product = 0;
        for (int k = 0; k < inner; k++) {
          double left = transposed.left() ? a.get(pair * inner + k, i) : a.get(row, k);
          product +=
              left
                  * (transposed.right()
                      ? b.get(pair * c.columns() + j, k)
                      : b.get(pair * inner + k, j));
        }
        store(product, c, row, j, epilogue);
      }
    }
    activate(c, epilogue.activation());
  }

  private static void store(double product, MatrixView c, int i, int j, Epilogue epilogue) {
    int at = c.offset() + i * c.stride() + j;
    double value = product;
    if (epilogue.accumulate()) {
      value += c.array()[at];
    }
    if (epilogue.bias() != null) {
      value += epilogue.bias().get(j);
    }
    c.array()[at] = (float) value;
  }

  private void activate(MatrixView c, UnaryFunction f) {
    if (f == UnaryFunction.IDENTITY) {
      return;
    }
    for (int i = 0; i < c.rows(); i++) {
      Slice row = new Slice(c.array(), c.offset() + i * c.stride(), c.columns());
      elementwise.apply(f, row, row);
    }
  }
}
