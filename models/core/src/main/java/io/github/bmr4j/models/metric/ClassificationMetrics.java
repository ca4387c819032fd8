package io.github.bmr4j.models.metric;

/**
 * How well averaged class probabilities p̄(y|x) predict the labels.
 *
 * @param examples how many
 * @param accuracy share of examples whose most probable class is the label; the first of equally
 *     probable classes counts
 * @param negativeLogLikelihood −(1/n) Σ ln p̄(y|x), in nats per example; infinite where a label has
 *     the probability 0
 * @param brierScore (1/n) Σ over examples Σ over classes (p̄ − [class is label])², in 0 … 2
 *     (Brier's own form, twice the one that is used for two classes)
 * @param calibration over {@value EqualMassCalibration#DEFAULT_BUCKETS} equally filled buckets
 * @param equalWidthCalibration over {@value EqualWidthCalibration#DEFAULT_BINS} equally wide bins
 */
public record ClassificationMetrics(
    int examples,
    double accuracy,
    double negativeLogLikelihood,
    double brierScore,
    Calibration calibration,
    Calibration equalWidthCalibration) {

  /** How far a row of probabilities may sum to other than 1: many float roundings. */
  static final double SUM_TOLERANCE = 1e-3;

  /** The expected calibration error over equally filled buckets. */
  public double expectedCalibrationError() {
    return calibration.expectedError();
  }

  /**
   * Compares predictions with labels.
   *
   * @param probabilities averaged over the posterior's samples: [n, classes], row-major; each row
   *     sums to 1
   * @param classes how many, at least 1
   * @param labels n of them, each in 0 … classes − 1
   * @throws IllegalArgumentException when sizes do not fit, a label is out of range, or a row is no
   *     distribution; names the row
   */
  public static ClassificationMetrics of(double[] probabilities, int classes, int[] labels) {
    checkLabels(labels, classes);
    if ((long) labels.length * classes != probabilities.length) {
      throw new IllegalArgumentException(
          "There are "
              + probabilities.length
              + " probabilities, but "
              + labels.length
              + " labels of "
              + classes
              + " classes need "
              + (long) labels.length * classes);
    }
    int n = labels.length;
    double[] confidence = new double[n];
    boolean[] hit = new boolean[n];
    int hits = 0;
    double logLikelihood = 0;
    double brier = 0;
    for (int i = 0; i < n; i++) {
      int row = i * classes;
      int best = 0;
      double sum = 0;
      for (int c = 0; c < classes; c++) {
        double p = probabilities[row + c];
        checkProbability(p, i, c);
        sum += p;
        best = p > probabilities[row + best] ? c : best;
        double gap = p - (c == labels[i] ? 1 : 0);
        brier += gap * gap;
      }
      checkSum(sum, i);
      confidence[i] = Math.min(1, probabilities[row + best]);
      hit[i] = best == labels[i];
      hits += hit[i] ? 1 : 0;
      logLikelihood += Math.log(probabilities[row + labels[i]]);
    }
    return new ClassificationMetrics(
        n,
        (double) hits / n,
        0 - logLikelihood / n,
        brier / n,
        EqualMassCalibration.of(confidence, hit, EqualMassCalibration.DEFAULT_BUCKETS),
        EqualWidthCalibration.of(confidence, hit, EqualWidthCalibration.DEFAULT_BINS));
  }

  static void checkLabels(int[] labels, int classes) {
    if (labels.length == 0 || classes < 1) {
      throw new IllegalArgumentException(
          "Metrics need at least one example and one class, but there are "
              + labels.length
              + " examples and "
              + classes
              + " classes");
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "The label must lie in 0 … "
                + (classes - 1)
                + ", but is "
                + labels[i]
                + " in row "
                + i);
      }
    }
  }

  static void checkProbability(double p, int row, int column) {
    // False for NaN.
    if (!(p >= 0 && p <= 1 + SUM_TOLERANCE)) {
      throw new IllegalArgumentException(
          "A probability must lie in 0 … 1, but is " + p + " in row " + row + ", column " + column);
    }
  }

  static void checkSum(double sum, int row) {
    if (Math.abs(sum - 1) > SUM_TOLERANCE) {
      throw new IllegalArgumentException(
          "The probabilities of a row must sum to 1, but sum to " + sum + " in row " + row);
    }
  }
}
