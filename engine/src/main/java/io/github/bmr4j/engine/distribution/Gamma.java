package io.github.bmr4j.engine.distribution;

/**
 * The gamma distribution by shape a and rate b, with density bᵃ x^(a−1) e^(−bx) / Γ(a), x &gt; 0.
 * Its cumulative distribution function is not elementary and is not needed here.
 *
 * @param shape a, positive and finite
 * @param rate b (the inverse of a scale), positive and finite
 */
public record Gamma(double shape, double rate) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public Gamma {
    Arguments.positive("Gamma", "shape", shape);
    Arguments.positive("Gamma", "rate", rate);
  }

  /**
   * The logarithm of the density.
   *
   * @param x any number
   * @return the log density in nats; −∞ for x &lt; 0, the limit from above at x = 0
   */
  public double logDensity(double x) {
    if (x < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    // At shape 1 the power is 0 · ln x, which would be NaN at x = 0.
    double power = shape == 1 ? 0 : (shape - 1) * Math.log(x);
    return shape * Math.log(rate) - SpecialFunctions.lnGamma(shape) + power - rate * x;
  }

  /**
   * The mean.
   *
   * @return a / b
   */
  public double mean() {
    return shape / rate;
  }

  /**
   * The expectation of the logarithm, which the accuracy of a Gaussian likelihood with an uncertain
   * precision needs.
   *
   * @return E ln x = ψ(a) − ln b, in nats
   */
  public double meanLogarithm() {
    return SpecialFunctions.digamma(shape) - Math.log(rate);
  }

  /**
   * The variance.
   *
   * @return a / b²
   */
  public double variance() {
    return shape / rate / rate;
  }

  /**
   * The differential entropy.
   *
   * @return a − ln b + lnΓ(a) + (1 − a) ψ(a), in nats
   */
  public double entropy() {
    return shape
        - Math.log(rate)
        + SpecialFunctions.lnGamma(shape)
        + (1 - shape) * SpecialFunctions.digamma(shape);
  }
}
