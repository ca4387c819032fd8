package io.github.bmr4j.kernels;

/** What all implementations of {@link AttentionKernels} check. */
public final class AttentionArguments {

  private AttentionArguments() {}

  public static void attend(
      AttentionShape shape, MatrixView projections, MatrixView out, Slice normalizers) {
    String operation = "attend";
    sizes(operation, shape, projections, out, normalizers);
    Checks.disjoint(operation, "projections", projections, "out", out);
    Checks.disjoint(operation, "normalizers", normalizers, "projections", projections);
    Checks.disjoint(operation, "normalizers", normalizers, "out", out);
  }

  public static void attendPullback(
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers,
      MatrixView dOut,
      MatrixView dProjections) {
    String operation = "attendPullback";
    sizes(operation, shape, projections, out, normalizers);
    Checks.shape(operation, "dOut", dOut, shape.rows(), shape.width());
    Checks.shape(operation, "dProjections", dProjections, shape.rows(), 3 * shape.width());
    Checks.disjoint(operation, "projections", projections, "dProjections", dProjections);
    Checks.disjoint(operation, "out", out, "dProjections", dProjections);
    Checks.disjoint(operation, "normalizers", normalizers, "dProjections", dProjections);
    Checks.disjoint(operation, "dOut", dOut, "dProjections", dProjections);
  }

  private static void sizes(
      String operation,
      AttentionShape shape,
      MatrixView projections,
      MatrixView out,
      Slice normalizers) {
    Checks.shape(operation, "projections", projections, shape.rows(), 3 * shape.width());
    Checks.shape(operation, "out", out, shape.rows(), shape.width());
    Checks.length(operation, "normalizers", normalizers, shape.normalizers());
  }
}
