package io.github.bmr4j.engine.distribution;

import java.util.function.DoubleSupplier;

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
   * A draw (Marsaglia and Tsang: A simple method for generating gamma variables, 2000; for a &lt; 1
   * by a draw of shape a + 1 times u^(1/a)).
   *
   * @param uniforms independent numbers strictly between 0 and 1
   */
  public double draw(DoubleSupplier uniforms) {
    double boost = shape < 1 ? Math.pow(uniforms.getAsDouble(), 1 / shape) : 1;
    double d = (shape < 1 ? shape + 1 : shape) - 1.0 / 3;
    double c = 1 / Math.sqrt(9 * d);
    while (true) {
      double normal = SpecialFunctions.normalQuantile(uniforms.getAsDouble());
      double root = 1 + c * normal;
      double v = root * root * root;
      if (root > 0
          && Math.log(uniforms.getAsDouble())
              < 0.5 * normal * normal + d - d * v + d * Math.log(v)) {
        return boost * d * v / rate;
      }
    }
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
