package io.github.bmr4j.kernels;

/** What all implementations of {@link SequenceKernels} check. */
public final class SequenceArguments {

  private SequenceArguments() {}

  public static void normalize(
      MatrixView x, Slice scale, Slice shift, float epsilon, MatrixView out) {
    normalization("normalize", x, scale, epsilon);
    Checks.length("normalize", "shift", shift, x.columns());
    own("normalize", "x", x, "out", out);
    Checks.disjoint("normalize", "scale", scale, "out", out);
    Checks.disjoint("normalize", "shift", shift, "out", out);
  }

  public static void normalizePullback(
      MatrixView x,
      Slice scale,
      float epsilon,
      MatrixView dOut,
      MatrixView dX,
      MatrixView products) {
    String operation = "normalizePullback";
    normalization(operation, x, scale, epsilon);
    own(operation, "x", x, "dX", dX);
    own(operation, "dOut", dOut, "dX", dX);
    own(operation, "x", x, "products", products);
    own(operation, "dOut", dOut, "products", products);
    own(operation, "dX", dX, "products", products);
  }

  public static void softmaxPullback(MatrixView p, MatrixView dP, MatrixView dX) {
    own("softmaxPullback", "p", p, "dX", dX);
    own("softmaxPullback", "dP", dP, "dX", dX);
  }

  public static void gatherRows(MatrixView table, Slice numbers, int first, MatrixView out) {
    Checks.shape("gatherRows", "out", out, out.rows(), table.columns());
    if (first < 0 || first > numbers.length() - out.rows()) {
      throw new IllegalArgumentException(
          "gatherRows: "
              + out.rows()
              + " numbers from "
              + first
              + " on must lie within the "
              + numbers.length()
              + " that there are");
    }
    if (table.rows() > SequenceKernels.MOST_ENTRIES) {
      throw new IllegalArgumentException(
          "gatherRows: a table has at most "
              + SequenceKernels.MOST_ENTRIES
              + " entries, since their numbers are floats, but this one has "
              + table.rows());
    }
    Checks.disjoint("gatherRows", "table", table, "out", out);
    Checks.disjoint("gatherRows", "numbers", numbers, "out", out);
  }

  public static void permute(Permutation order, Slice x, Slice out) {
    Checks.length("permute", "x", x, order.size());
    Checks.length("permute", "out", out, order.size());
    Checks.disjoint("permute", "x", x, "out", out);
  }

  private static void normalization(String operation, MatrixView x, Slice scale, float epsilon) {
    Checks.length(operation, "scale", scale, x.columns());
    if (!(epsilon >= 0) || (x.rows() > 0 && x.columns() == 0)) {
      throw new IllegalArgumentException(
          operation
              + ": epsilon must be at least 0 and rows need a column, but they are "
              + epsilon
              + " and "
              + x);
    }
  }

  /** Same shape, no common element. */
  private static void own(
      String operation, String xName, MatrixView x, String yName, MatrixView y) {
    Checks.shape(operation, yName, y, x.rows(), x.columns());
    Checks.disjoint(operation, xName, x, yName, y);
  }
}
