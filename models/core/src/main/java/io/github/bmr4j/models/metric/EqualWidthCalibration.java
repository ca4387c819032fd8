package io.github.bmr4j.models.metric;

/**
 * The usual expected calibration error: over equally wide bins of confidence, bin m of M taking
 * ((m−1)/M, m/M], and the first 0 as well (Guo, Pleiss, Sun, Weinberger: On calibration of modern
 * neural networks, 2017, equation 3).
 */
public final class EqualWidthCalibration {

  /** The number of bins in the paper. */
  public static final int DEFAULT_BINS = 15;

  private EqualWidthCalibration() {}

  /**
   * The calibration over equally wide bins.
   *
   * @param confidence of each prediction: the largest class probability, in 0 … 1
   * @param hit whether the prediction was right, for each
   * @param bins how many, at least 1
   */
  public static Calibration of(double[] confidence, boolean[] hit, int bins) {
    Calibration.check(confidence, hit, bins);
    double[] edges = new double[bins + 1];
    for (int m = 0; m <= bins; m++) {
      edges[m] = (double) m / bins;
    }
    int[] bin = new int[confidence.length];
    for (int i = 0; i < confidence.length; i++) {
      int m = Math.clamp((int) Math.ceil(confidence[i] * bins) - 1, 0, bins - 1);
      // The product may round to the other side of an edge; the edges decide.
      if (m > 0 && confidence[i] <= edges[m]) {
        m--;
      } else if (confidence[i] > edges[m + 1]) {
        m++;
      }
      bin[i] = m;
    }
    return Calibration.of(confidence, hit, bin, edges);
  }
}
