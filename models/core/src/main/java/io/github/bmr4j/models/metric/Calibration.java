package io.github.bmr4j.models.metric;

import java.util.ArrayList;
import java.util.List;

/**
 * How far confidence and accuracy are apart.
 *
 * @param expectedError Σ (count / n) · |accuracy − confidence| over the bins, in 0 … 1
 * @param maximumError the largest |accuracy − confidence| of a bin that is not empty
 * @param bins by rising confidence, the empty ones included
 */
public record Calibration(double expectedError, double maximumError, List<ReliabilityBin> bins) {

  /** Keeps the bins from being changed. */
  public Calibration {
    bins = List.copyOf(bins);
  }

  /**
   * Sums up what fell into each bin.
   *
   * @param confidence of each prediction
   * @param hit whether it was right
   * @param bin which bin it fell into
   * @param edges one more than bins
   */
  static Calibration of(double[] confidence, boolean[] hit, int[] bin, double[] edges) {
    int bins = edges.length - 1;
    long[] counts = new long[bins];
    long[] hits = new long[bins];
    double[] sums = new double[bins];
    for (int i = 0; i < confidence.length; i++) {
      counts[bin[i]]++;
      hits[bin[i]] += hit[i] ? 1 : 0;
      sums[bin[i]] += confidence[i];
    }
    List<ReliabilityBin> all = new ArrayList<>(bins);
    double expected = 0;
    double maximum = 0;
    for (int k = 0; k < bins; k++) {
      double n = Math.max(1, counts[k]);
      all.add(new ReliabilityBin(counts[k], hits[k] / n, sums[k] / n, edges[k], edges[k + 1]));
      double gap = Math.abs(hits[k] - sums[k]);
      expected += gap / confidence.length;
      maximum = Math.max(maximum, gap / n);
    }
    return new Calibration(expected, maximum, all);
  }

  /** Refuses what has no calibration. */
  static void check(double[] confidence, boolean[] hit, int bins) {
    if (confidence.length != hit.length) {
      throw new IllegalArgumentException(
          "There are " + confidence.length + " confidences, but " + hit.length + " hits");
    }
    if (confidence.length == 0 || bins < 1) {
      throw new IllegalArgumentException(
          "Calibration needs at least one prediction and one bin, but there are "
              + confidence.length
              + " predictions and "
              + bins
              + " bins");
    }
    for (int i = 0; i < confidence.length; i++) {
      // False for NaN.
      if (!(confidence[i] >= 0 && confidence[i] <= 1)) {
        throw new IllegalArgumentException(
            "The confidence must lie in 0 … 1, but is " + confidence[i] + " in row " + i);
      }
    }
  }
}
