package io.github.bmr4j.models.pruning;

/**
 * Where a falling curve of accuracy over compression starts to fall: the point farthest above the
 * chord between its ends, both axes scaled to [0, 1] (Satopää, Albrecht, Irwin and Raghavan,
 * Finding a "kneedle" in a haystack, 2011).
 */
public final class KneePoint {

  private KneePoint() {}

  /**
   * Finds the knee.
   *
   * @param compression ascending, at least 3 values
   * @param accuracy one for each
   * @return index of the knee; −1 if the curve is nowhere above its chord, as a straight line
   * @throws IllegalArgumentException if there are too few points, lengths differ, values are not
   *     finite, or compression does not ascend
   */
  public static int of(double[] compression, double[] accuracy) {
    int n = compression.length;
    if (n < 3 || accuracy.length != n) {
      throw new IllegalArgumentException(
          "A knee needs at least 3 points of both, but there are " + n + " and " + accuracy.length);
    }
    for (int i = 0; i < n; i++) {
      if (!Double.isFinite(compression[i]) || !Double.isFinite(accuracy[i])) {
        throw new IllegalArgumentException("Point " + i + " of the curve is not finite");
      }
      if (i > 0 && compression[i] < compression[i - 1]) {
        throw new IllegalArgumentException(
            "Compression must ascend, but falls at point "
                + i
                + " from "
                + compression[i - 1]
                + " to "
                + compression[i]);
      }
    }
    double width = compression[n - 1] - compression[0];
    double fall = accuracy[n - 1] - accuracy[0];
    double low = accuracy[0];
    double high = accuracy[0];
    for (double value : accuracy) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    int knee = -1;
    double farthest = 1e-9;
    for (int i = 1; i < n - 1; i++) {
      double chord =
          accuracy[0] + (width == 0 ? 0 : fall * (compression[i] - compression[0]) / width);
      double above = high == low ? 0 : (accuracy[i] - chord) / (high - low);
      if (above >= farthest) {
        farthest = above;
        knee = i;
      }
    }
    return knee;
  }
}
