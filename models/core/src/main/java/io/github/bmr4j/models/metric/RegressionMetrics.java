package io.github.bmr4j.models.metric;

/**
 * How well Gaussian predictions N(mean, standard deviation²) fit real targets.
 *
 * @param targets how many numbers were compared
 * @param rootMeanSquareError √((1/n) Σ (mean − target)²), in the targets' unit
 * @param meanAbsoluteError (1/n) Σ |mean − target|, in the targets' unit
 * @param logLikelihood (1/n) Σ ln N(target; mean, standard deviation²), in nats per target
 */
public record RegressionMetrics(
    int targets, double rootMeanSquareError, double meanAbsoluteError, double logLikelihood) {

  private static final double HALF_LOG_TWO_PI = 0.5 * Math.log(2 * Math.PI);

  /**
   * Compares predictions with targets.
   *
   * @param means predicted
   * @param standardDeviations predicted, each &gt; 0
   * @param targets as many
   * @throws IllegalArgumentException when the sizes differ or are 0, a number is not finite or a
   *     standard deviation not above 0; names the row
   */
  public static RegressionMetrics of(
      double[] means, double[] standardDeviations, double[] targets) {
    int n = targets.length;
    if (n == 0 || means.length != n || standardDeviations.length != n) {
      throw new IllegalArgumentException(
          "Means, standard deviations and targets must be as many, at least one, but are "
              + means.length
              + ", "
              + standardDeviations.length
              + " and "
              + n);
    }
    double squares = 0;
    double absolutes = 0;
    double logLikelihood = 0;
    for (int i = 0; i < n; i++) {
      double error = means[i] - targets[i];
      double deviation = standardDeviations[i];
      // False for NaN.
      if (!(deviation > 0 && deviation < Double.POSITIVE_INFINITY) || !Double.isFinite(error)) {
        throw new IllegalArgumentException(
            "Row "
                + i
                + " must be finite with a standard deviation above 0, but has the mean "
                + means[i]
                + ", the standard deviation "
                + deviation
                + " and the target "
                + targets[i]);
      }
      double z = error / deviation;
      squares += error * error;
      absolutes += Math.abs(error);
      logLikelihood += -0.5 * z * z - Math.log(deviation) - HALF_LOG_TWO_PI;
    }
    return new RegressionMetrics(n, Math.sqrt(squares / n), absolutes / n, logLikelihood / n);
  }
}
