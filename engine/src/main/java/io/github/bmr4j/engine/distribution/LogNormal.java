package io.github.bmr4j.engine.distribution;

/**
 * The log-normal distribution: ln x ~ N(location, scale²), x &gt; 0, with density N(ln x; location,
 * scale²) / x.
 *
 * @param location the mean of ln x, finite
 * @param scale the standard deviation of ln x, positive and finite
 */
public record LogNormal(double location, double scale) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public LogNormal {
    Arguments.finite("LogNormal", "location", location);
    Arguments.positive("LogNormal", "scale", scale);
  }

  /**
   * The distribution of ln x.
   *
   * @return N(location, scale²)
   */
  public Normal logarithm() {
    return new Normal(location, scale);
  }

  /**
   * The logarithm of the density with respect to x, the Jacobian −ln x included.
   *
   * @param x any number
   * @return the log density in nats; −∞ for x ≤ 0
   */
  public double logDensity(double x) {
    if (x <= 0) {
      return Double.NEGATIVE_INFINITY;
    }
    double logarithm = Math.log(x);
    double z = (logarithm - location) / scale;
    return -0.5 * z * z - logarithm - Math.log(scale) - SpecialFunctions.HALF_LN_TWO_PI;
  }

  /**
   * The mean.
   *
   * @return exp(location + scale²/2)
   */
  public double mean() {
    return Math.exp(location + 0.5 * scale * scale);
  }

  /**
   * The variance.
   *
   * @return (exp(scale²) − 1) exp(2 location + scale²)
   */
  public double variance() {
    double squaredScale = scale * scale;
    return Math.expm1(squaredScale) * Math.exp(2 * location + squaredScale);
  }

  /**
   * The differential entropy.
   *
   * @return location + ½ ln(2πe scale²), in nats
   */
  public double entropy() {
    return location + 0.5 + SpecialFunctions.HALF_LN_TWO_PI + Math.log(scale);
  }

  /**
   * The cumulative distribution function.
   *
   * @param x any number
   * @return P(X ≤ x); 0 for x ≤ 0
   */
  public double cumulative(double x) {
    return x <= 0 ? 0 : SpecialFunctions.normalCumulative((Math.log(x) - location) / scale);
  }

  /**
   * The quantile function, the inverse of {@link #cumulative}.
   *
   * @param probability strictly between 0 and 1
   * @return the x with P(X ≤ x) = probability
   * @throws IllegalArgumentException if the probability is outside that domain
   */
  public double quantile(double probability) {
    return Math.exp(location + scale * SpecialFunctions.normalQuantile(probability));
  }
}
