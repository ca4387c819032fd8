package io.github.bmr4j.kernels;

/**
 * Matrix products as they are defined: one loop over k for each element of the output, added up in
 * double and rounded once.
 */
final class ScalarMatrixKernels implements MatrixKernels {

  private final ScalarElementwiseKernels elementwise = new ScalarElementwiseKernels();

  @Override
  public void multiply(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiply", a, false, b, false, c, epilogue);
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.columns(); j++) {
        double product = 0;
        for (int k = 0; k < a.columns(); k++) {
          product += (double) a.get(i, k) * b.get(k, j);
        }
        store(product, c, i, j, epilogue);
      }
    }
    activate(c, epilogue.activation());
  }

  @Override
  public void multiplyTransposedLeft(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedLeft", a, true, b, false, c, epilogue);
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.columns(); j++) {
        double product = 0;
        for (int k = 0; k < a.rows(); k++) {
          product += (double) a.get(k, i) * b.get(k, j);
        }
        store(product, c, i, j, epilogue);
      }
    }
    activate(c, epilogue.activation());
  }

  @Override
  public void multiplyTransposedRight(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    Checks.product("multiplyTransposedRight", a, false, b, true, c, epilogue);
    for (int i = 0; i < c.rows(); i++) {
      for (int j = 0; j < c.columns(); j++) {
        double product = 0;
        for (int k = 0; k < a.columns(); k++) {
          product += (double) a.get(i, k) * b.get(j, k);
        }
        store(product, c, i, j, epilogue);
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
