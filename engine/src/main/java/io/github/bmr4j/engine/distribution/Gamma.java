package io.github.bmr4j.engine.distribution;

/**
 * The gamma distribution with density rateˢʰᵃᵖᵉ x^(shape−1) e^(−rate·x) / Γ(shape), x &gt; 0.
 *
 * @param shape the shape, positive and finite
 * @param rate the rate (the inverse of a scale), positive and finite
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
   * @return the log density in nats; −∞ for x &lt; 0, the limit at x = 0
   */
  public double logDensity(double x) {
    if (x < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    double power = shape == 1 ? 0 : (shape - 1) * Math.log(x);
    return shape * Math.log(rate) - SpecialFunctions.lnGamma(shape) + power - rate * x;
  }

  /**
   * The mean.
   *
   * @return shape / rate
   */
  public double mean() {
    return shape / rate;
  }

  /**
   * The variance.
   *
   * @return shape / rate²
   */
  public double variance() {
    return shape / rate / rate;
  }

  /**
   * The differential entropy.
   *
   * @return shape − ln rate + lnΓ(shape) + (1 − shape) ψ(shape), in nats
   */
  public double entropy() {
    return shape
        - Math.log(rate)
        + SpecialFunctions.lnGamma(shape)
        + (1 - shape) * SpecialFunctions.digamma(shape);
  }
}
