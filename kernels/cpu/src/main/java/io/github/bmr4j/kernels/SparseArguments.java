package io.github.bmr4j.kernels;

/** Checks of {@link SparseKernels}. */
public final class SparseArguments {

  private SparseArguments() {}

  public static void linear(
      MatrixView x, SparsePattern pattern, Slice values, Slice bias, MatrixView y) {
    Checks.shape("linear", "x", x, y.rows(), pattern.columns());
    Checks.shape("linear", "y", y, x.rows(), pattern.rows());
    Checks.length("linear", "values", values, pattern.count());
    Checks.length("linear", "bias", bias, pattern.rows());
    Checks.disjoint("linear", "x", x, "y", y);
    Checks.disjoint("linear", "values", values, "y", y);
    Checks.disjoint("linear", "bias", bias, "y", y);
  }
}
