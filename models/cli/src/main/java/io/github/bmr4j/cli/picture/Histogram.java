package io.github.bmr4j.cli.picture;

import java.util.Arrays;

/**
 * How many values fall into each of equally wide bins. What lies beyond the bins counts in the
 * first or the last of them.
 */
public final class Histogram {

  private final double[] edges;
  private final double[] counts;

  private Histogram(double[] edges) {
    this.edges = edges;
    this.counts = new double[edges.length - 1];
  }

  /**
   * Empty bins.
   *
   * @param from lower edge of the first
   * @param to upper edge of the last, above {@code from}
   * @param bins at least 1
   */
  public static Histogram between(double from, double to, int bins) {
    if (bins < 1 || !(from < to) || !Double.isFinite(to - from)) {
      throw new IllegalArgumentException(
          "A histogram needs bins in a range, but has " + bins + " from " + from + " to " + to);
    }
    double[] edges = new double[bins + 1];
    Arrays.setAll(edges, i -> from + (to - from) * i / bins);
    return new Histogram(edges);
  }

  /**
   * Counts a value.
   *
   * @throws IllegalArgumentException if it is no number
   */
  public void add(double value) {
    if (Double.isNaN(value)) {
      throw new IllegalArgumentException("A histogram counts numbers, but got NaN");
    }
    double width = (edges[counts.length] - edges[0]) / counts.length;
    counts[(int) Math.clamp((value - edges[0]) / width, 0.0, counts.length - 1.0)]++;
  }

  /** Edges of the bins, one more than bins. */
  public double[] edges() {
    return edges.clone();
  }

  /** Count of each bin. */
  public double[] counts() {
    return counts.clone();
  }

  /**
   * A value that a given share of others does not exceed.
   *
   * @param values at least one
   * @param share in [0, 1]
   */
  public static double quantile(double[] values, double share) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.round(share * (sorted.length - 1))];
  }
}
