package io.github.bmr4j.kernels;

/** Model evidence one factor at a time, in double: the specification. */
final class ScalarEvidenceKernels implements EvidenceKernels {

  @Override
  public void deltaF(Slice mean, Slice sd, float priorVariance, float reducedVariance, Slice out) {
    EvidenceArguments.posterior("deltaF", mean, sd, priorVariance);
    EvidenceArguments.reduced("deltaF", reducedVariance);
    EvidenceArguments.output("deltaF", mean, sd, "out", out);
    for (int i = 0; i < mean.length(); i++) {
      out.set(i, (float) deltaF(mean.get(i), sd.get(i), priorVariance, reducedVariance));
    }
  }

  @Override
  public void deltaFSums(
      Slice mean, Slice sd, float priorVariance, float[] reducedVariances, double[] sums) {
    EvidenceArguments.posterior("deltaFSums", mean, sd, priorVariance);
    EvidenceArguments.candidates("deltaFSums", reducedVariances, sums);
    for (int j = 0; j < sums.length; j++) {
      sums[j] = 0;
      for (int i = 0; i < mean.length(); i++) {
        sums[j] += deltaF(mean.get(i), sd.get(i), priorVariance, reducedVariances[j]);
      }
    }
  }

  @Override
  public void deltaFBest(
      Slice mean,
      Slice sd,
      float priorVariance,
      float[] reducedVariances,
      double[] sums,
      Slice bestDeltaF,
      Slice bestCandidate) {
    EvidenceArguments.posterior("deltaFBest", mean, sd, priorVariance);
    EvidenceArguments.candidates("deltaFBest", reducedVariances, sums);
    EvidenceArguments.output("deltaFBest", mean, sd, "bestDeltaF", bestDeltaF);
    EvidenceArguments.output("deltaFBest", mean, sd, "bestCandidate", bestCandidate);
    deltaFSums(mean, sd, priorVariance, reducedVariances, sums);
    for (int i = 0; i < mean.length(); i++) {
      double best = Double.NEGATIVE_INFINITY;
      int candidate = 0;
      for (int j = 0; j < sums.length; j++) {
        double delta = deltaF(mean.get(i), sd.get(i), priorVariance, reducedVariances[j]);
        if (!Double.isNaN(best) && !(delta <= best)) {
          best = delta;
          candidate = j;
        }
      }
      bestDeltaF.set(i, (float) best);
      bestCandidate.set(i, candidate);
    }
  }

  @Override
  public void spikeGroupSums(
      MatrixView mean, MatrixView sd, float priorVariance, Slice rowSums, Slice columnSums) {
    EvidenceArguments.groups(mean, sd, priorVariance, rowSums, columnSums);
    double[] columns = new double[mean.columns()];
    for (int row = 0; row < mean.rows(); row++) {
      double sum = 0;
      for (int column = 0; column < columns.length; column++) {
        double delta = deltaF(mean.get(row, column), sd.get(row, column), priorVariance, 0);
        sum += delta;
        columns[column] += delta;
      }
      rowSums.set(row, (float) sum);
    }
    for (int column = 0; column < columns.length; column++) {
      columnSums.set(column, (float) columns[column]);
    }
  }

  /**
   * The formula of {@link EvidenceKernels} with numerator and denominator divided by a: d = (1 + r
   * (a − 1)) / a, so that one logarithm remains, which is exactly 0 at r = 1.
   */
  static double deltaF(double mean, double sd, double priorVariance, double reducedVariance) {
    double r = reducedVariance / priorVariance;
    double d = r + (1 - r) * (sd * sd / priorVariance);
    if (d <= 0) {
      return Double.NaN;
    }
    return -0.5 * (Math.log(d) + (1 - r) * (mean * mean / priorVariance) / d);
  }
}
