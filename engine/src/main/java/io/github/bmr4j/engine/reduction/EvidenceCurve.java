package io.github.bmr4j.engine.reduction;

/**
 * The evidence of a group of weights as a function of the reduced prior variance that they share,
 * f(ln γ²) = Σ ΔF(γ²) in nats, from its values on a grid: cubic Hermite polynomials between the
 * grid's points, with slopes from differences of fourth order. Below the grid f is constant, the
 * spike; above it, a straight line.
 */
public final class EvidenceCurve {

  /** ln γ² of the first grid point: beyond it, float arithmetic no longer tells γ² from 0. */
  private static final double FIRST = -32;

  private static final double STEP = 0.125;

  private static final int POINTS = 353;

  private final double[] values;

  /**
   * @param values f at each grid point, as {@link #grid} has them
   */
  public EvidenceCurve(double[] values) {
    ReductionArguments.length("values", values.length, POINTS);
    this.values = values.clone();
  }

  /** γ² of the grid's points. */
  public static float[] grid() {
    float[] grid = new float[POINTS];
    for (int k = 0; k < POINTS; k++) {
      grid[k] = (float) Math.exp(FIRST + k * STEP);
    }
    return grid;
  }

  /**
   * f.
   *
   * @param logVariance ln γ²
   */
  public double value(double logVariance) {
    double x = (logVariance - FIRST) / STEP;
    if (!(x > 0)) {
      return values[0] + (Double.isNaN(x) ? Double.NaN : 0);
    }
    if (x >= POINTS - 1) {
      return values[POINTS - 1] + difference(POINTS - 1) * (x - (POINTS - 1));
    }
    int k = (int) x;
    double t = x - k;
    double left = difference(k);
    double right = difference(k + 1);
    double rise = values[k + 1] - values[k];
    return values[k]
        + t * (left + t * (3 * rise - 2 * left - right + t * (left + right - 2 * rise)));
  }

  /**
   * f′.
   *
   * @param logVariance ln γ²
   */
  public double slope(double logVariance) {
    double x = (logVariance - FIRST) / STEP;
    if (!(x > 0)) {
      return Double.isNaN(x) ? Double.NaN : 0;
    }
    if (x >= POINTS - 1) {
      return difference(POINTS - 1) / STEP;
    }
    int k = (int) x;
    double t = x - k;
    double left = difference(k);
    double right = difference(k + 1);
    double rise = values[k + 1] - values[k];
    return (left + t * (2 * (3 * rise - 2 * left - right) + 3 * t * (left + right - 2 * rise)))
        / STEP;
  }

  /** The slope at a grid point, in values a grid step. */
  private double difference(int k) {
    if (k >= 2 && k < POINTS - 2) {
      return (8 * (values[k + 1] - values[k - 1]) - values[k + 2] + values[k - 2]) / 12;
    }
    int below = Math.max(0, k - 1);
    int above = Math.min(POINTS - 1, k + 1);
    return (values[above] - values[below]) / (above - below);
  }
}
