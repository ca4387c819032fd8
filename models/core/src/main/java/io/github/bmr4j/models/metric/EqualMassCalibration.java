package io.github.bmr4j.models.metric;

import java.util.Arrays;

/**
 * Expected calibration error over buckets that hold equally many predictions: the one reported by
 * Marković, Friston and Kiebel (Bayesian sparsification for deep neural networks with Bayesian
 * model reduction, 2024), who use TensorFlow Probability's {@code
 * expected_calibration_error_quantiles}. Not the usual one over equally wide bins, which is {@link
 * EqualWidthCalibration}.
 *
 * <p>The edges are nearest-rank quantiles of the confidences: edge k of K is the element at index
 * round((n − 1)(1 − k/K)), halves to even, of the confidences by falling order. Bucket k takes
 * [edge k−1, edge k), the last its upper edge too; so of equal edges all but the last bucket are
 * empty.
 */
public final class EqualMassCalibration {

  /** The number of buckets in the paper. */
  public static final int DEFAULT_BUCKETS = 20;

  private EqualMassCalibration() {}

  /**
   * The calibration over equally filled buckets.
   *
   * @param confidence of each prediction: the largest class probability, in 0 … 1
   * @param hit whether the prediction was right, for each
   * @param buckets how many, at least 1
   */
  public static Calibration of(double[] confidence, boolean[] hit, int buckets) {
    Calibration.check(confidence, hit, buckets);
    double[] rising = confidence.clone();
    Arrays.sort(rising);
    double[] edges = new double[buckets + 1];
    int last = rising.length - 1;
    for (int k = 0; k <= buckets; k++) {
      edges[k] = rising[last - (int) roundHalfEven((long) last * (buckets - k), buckets)];
    }
    int[] bucket = new int[confidence.length];
    for (int i = 0; i < confidence.length; i++) {
      bucket[i] = Math.min(edgesUpTo(edges, confidence[i]), buckets) - 1;
    }
    return Calibration.of(confidence, hit, bucket, edges);
  }

  /** The quotient, exactly, where floating point could land on the wrong side of a half. */
  private static long roundHalfEven(long numerator, long denominator) {
    long floor = numerator / denominator;
    long twice = 2 * (numerator % denominator);
    boolean up = twice > denominator || (twice == denominator && (floor & 1) == 1);
    return up ? floor + 1 : floor;
  }

  /** How many edges are at most the value. */
  private static int edgesUpTo(double[] edges, double value) {
    int low = 0;
    int high = edges.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (edges[middle] <= value) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
