package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.metric.RegressionMetrics;
import java.util.Arrays;
import java.util.List;

/**
 * Normal predictions of real targets.
 *
 * @param targets their names
 * @param means [examples, targets]
 * @param deviations standard deviations, that of the noise in them, [examples, targets]
 */
record NumberPredictions(List<String> targets, double[] means, double[] deviations) {

  /** In the targets' units, where these are of standardised ones. */
  NumberPredictions restored(TargetScale scale) {
    int count = targets.size();
    double[] restored = new double[means.length];
    double[] wider = new double[means.length];
    for (int i = 0; i < restored.length; i++) {
      double unit = scale.standardDeviation()[i % count];
      restored[i] = scale.mean()[i % count] + unit * means[i];
      wider[i] = unit * deviations[i];
    }
    return new NumberPredictions(targets, restored, wider);
  }

  /** Number of examples. */
  int examples() {
    return means.length / targets.size();
  }

  /**
   * How well they fit.
   *
   * @param truth [examples, targets]
   * @param target which
   */
  RegressionMetrics metrics(float[] truth, int target) {
    double[] wanted = new double[truth.length];
    Arrays.setAll(wanted, i -> truth[i]);
    return RegressionMetrics.of(
        column(means, target), column(deviations, target), column(wanted, target));
  }

  private double[] column(double[] all, int target) {
    double[] column = new double[all.length / targets.size()];
    Arrays.setAll(column, i -> all[i * targets.size() + target]);
    return column;
  }
}
