package io.github.bmr4j.models.data;

import io.github.bmr4j.models.metric.RegressionMetrics;

/**
 * Mean and standard deviation of each real target of the training part: a model is trained on
 * standardised targets, and its metrics are told in the targets' own units.
 *
 * @param mean one for each target
 * @param standardDeviation one for each target, with divisor n; 1 for a target that does not vary
 */
public record TargetScale(double[] mean, double[] standardDeviation) {

  /**
   * Finds them.
   *
   * @param train examples, at least one; labels have no scale
   */
  public static TargetScale of(Dataset train) {
    if (train.isClassification()) {
      return new TargetScale(new double[0], new double[0]);
    }
    int t = train.targetSize();
    int n = train.size();
    float[] targets = train.targets();
    double[] mean = new double[t];
    double[] deviation = new double[t];
    for (int i = 0; i < targets.length; i++) {
      mean[i % t] += targets[i] / (double) n;
    }
    for (int i = 0; i < targets.length; i++) {
      double gap = targets[i] - mean[i % t];
      deviation[i % t] += gap * gap / n;
    }
    for (int k = 0; k < t; k++) {
      deviation[k] = deviation[k] > 0 ? Math.sqrt(deviation[k]) : 1;
    }
    return new TargetScale(mean, deviation);
  }

  /** The data set with standardised targets; labels stay as they are. */
  public Dataset apply(Dataset dataset) {
    if (dataset.isClassification()) {
      return dataset;
    }
    float[] targets = dataset.targets();
    int t = mean.length;
    for (int i = 0; i < targets.length; i++) {
      targets[i] = (float) ((targets[i] - mean[i % t]) / standardDeviation[i % t]);
    }
    return dataset.withTargets(targets);
  }

  /** Standardises both parts. */
  public Split apply(Split split) {
    return new Split(apply(split.train()), apply(split.test()));
  }

  /**
   * Metrics of standardised targets in the units of the targets themselves.
   *
   * @param metrics of one target
   * @param target which
   */
  public RegressionMetrics restore(RegressionMetrics metrics, int target) {
    double s = standardDeviation[target];
    return new RegressionMetrics(
        metrics.targets(),
        metrics.rootMeanSquareError() * s,
        metrics.meanAbsoluteError() * s,
        metrics.logLikelihood() - Math.log(s));
  }
}
