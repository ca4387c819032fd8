package io.github.bmr4j.kernels;

/** The argument checks of {@link EvidenceKernels}, the same for every back end. */
public final class EvidenceArguments {

  private EvidenceArguments() {}

  public static void posterior(String operation, Slice mean, Slice sd, float priorVariance) {
    Checks.sameLength(operation, "mean", mean, "sd", sd);
    VariationalArguments.positive(operation, "the prior variance", priorVariance);
  }

  public static void output(String operation, Slice mean, Slice sd, String name, Slice out) {
    Checks.length(operation, name, out, mean.length());
    Checks.disjoint(operation, "mean", mean, name, out);
    Checks.disjoint(operation, "sd", sd, name, out);
  }

  public static void reduced(String operation, float variance) {
    if (!(variance >= 0 && variance < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          operation
              + ": a reduced variance must be finite and at least 0 (0 is the spike), but is "
              + variance);
    }
  }

  public static void candidates(String operation, float[] reducedVariances, double[] sums) {
    if (sums.length != reducedVariances.length) {
      throw new IllegalArgumentException(
          operation
              + ": there must be one sum for each of the "
              + reducedVariances.length
              + " candidates, but there is room for "
              + sums.length);
    }
    for (float variance : reducedVariances) {
      reduced(operation, variance);
    }
  }

  public static void groups(
      MatrixView mean, MatrixView sd, float priorVariance, Slice rowSums, Slice columnSums) {
    String operation = "spikeGroupSums";
    Checks.shape(operation, "sd", sd, mean.rows(), mean.columns());
    VariationalArguments.positive(operation, "the prior variance", priorVariance);
    Checks.length(operation, "rowSums", rowSums, mean.rows());
    Checks.length(operation, "columnSums", columnSums, mean.columns());
  }
}
