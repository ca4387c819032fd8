package io.github.bmr4j.kernels;

/** Sparse products as they are defined, added up in double and rounded once. */
final class ScalarSparseKernels implements SparseKernels {

  private final ScalarElementwiseKernels elementwise = new ScalarElementwiseKernels();

  @Override
  public void linear(
      MatrixView x,
      SparsePattern pattern,
      Slice values,
      Slice bias,
      UnaryFunction activation,
      MatrixView y) {
    SparseArguments.linear(x, pattern, values, bias, y);
    for (int i = 0; i < y.rows(); i++) {
      Slice row = new Slice(y.array(), y.offset() + i * y.stride(), y.columns());
      for (int j = 0; j < y.columns(); j++) {
        double sum = bias.get(j);
        for (int p = pattern.start(j); p < pattern.start(j + 1); p++) {
          sum += (double) x.get(i, pattern.column(p)) * values.get(p);
        }
        row.set(j, (float) sum);
      }
      elementwise.apply(activation, row, row);
    }
  }
}
