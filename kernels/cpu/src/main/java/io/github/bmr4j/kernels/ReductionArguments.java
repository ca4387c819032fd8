package io.github.bmr4j.kernels;

/** What all implementations of {@link ReductionKernels} check. */
public final class ReductionArguments {

  private ReductionArguments() {}

  /** A scalar result goes to element 0 of a slice that has one. */
  public static void scalarOutput(String operation, Slice out) {
    if (out.length() == 0) {
      throw new IllegalArgumentException(
          operation + ": out must have room for the result, but has 0 elements");
    }
  }

  /** One value for each row of m, in memory of its own. */
  public static void perRow(String operation, MatrixView m, String name, Slice values) {
    Checks.length(operation, name, values, m.rows());
    Checks.disjoint(operation, name, values, "the matrix", m);
  }

  /** One value for each column of m, in memory of its own. */
  public static void perColumn(String operation, MatrixView m, String name, Slice values) {
    Checks.length(operation, name, values, m.columns());
    Checks.disjoint(operation, name, values, "the matrix", m);
  }

  /** An output of the shape of x: x itself, or memory of its own. */
  public static void sameShape(
      String operation, String xName, MatrixView x, String yName, MatrixView y) {
    Checks.shape(operation, yName, y, x.rows(), x.columns());
    if (x.offset() != y.offset() || x.stride() != y.stride()) {
      Checks.disjoint(operation, xName, x, yName, y);
    }
  }

  /** The arguments of {@link ReductionKernels#softmaxCrossEntropy}. */
  public static void crossEntropy(MatrixView logits, Slice labels, Slice losses) {
    String operation = "softmaxCrossEntropy";
    perRow(operation, logits, "losses", losses);
    labels(operation, labels, logits);
    Checks.disjoint(operation, "labels", labels, "losses", losses);
  }

  /** The arguments of {@link ReductionKernels#softmaxCrossEntropyPullback}. */
  public static void crossEntropyPullback(
      MatrixView logits, Slice labels, Slice dLosses, MatrixView dLogits) {
    String operation = "softmaxCrossEntropyPullback";
    sameShape(operation, "logits", logits, "dLogits", dLogits);
    perRow(operation, dLogits, "dLosses", dLosses);
    Checks.disjoint(operation, "labels", labels, "the matrix", dLogits);
    labels(operation, labels, logits);
  }

  private static void labels(String operation, Slice labels, MatrixView logits) {
    Checks.length(operation, "labels", labels, logits.rows());
    int classes = logits.columns();
    for (int i = 0; i < labels.length(); i++) {
      float label = labels.array()[labels.offset() + i];
      if (!(label >= 0 && label < classes && label == (int) label)) {
        throw new IllegalArgumentException(
            operation
                + ": labels must be whole numbers from 0 to the number of classes less 1, but row "
                + i
                + " has label "
                + label
                + " with "
                + classes
                + " classes");
      }
    }
  }
}
