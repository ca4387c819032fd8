package io.github.bmr4j.kernels;

/** What all implementations of {@link ElementwiseKernels} check. */
public final class ElementwiseArguments {

  private ElementwiseArguments() {}

  /** An input and an output: one length, and the same run or no common element. */
  public static void two(String operation, String inName, Slice in, String outName, Slice out) {
    Checks.sameLength(operation, inName, in, outName, out);
    Checks.sameOrDisjoint(operation, inName, in, outName, out);
  }

  /** Two inputs and an output. */
  public static void three(
      String operation, String aName, Slice a, String bName, Slice b, String outName, Slice out) {
    two(operation, aName, a, outName, out);
    two(operation, bName, b, outName, out);
  }

  /** The arguments of {@link ElementwiseKernels#applyPullback}. */
  public static void pullback(Slice x, Slice y, Slice dy, Slice dx) {
    two("applyPullback", "x", x, "dx", dx);
    two("applyPullback", "y", y, "dx", dx);
    two("applyPullback", "dy", dy, "dx", dx);
  }

  /** The arguments of {@link ElementwiseKernels#addRow}. */
  public static void row(Slice row, MatrixView m) {
    Checks.length("addRow", "row", row, m.columns());
    Checks.disjoint("addRow", "row", row, "m", m);
  }
}
