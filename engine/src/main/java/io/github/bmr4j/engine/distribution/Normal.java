package io.github.bmr4j.engine.distribution;

/**
 * The normal distribution N(location, scale²), with density exp(−½z²) / (scale √(2π)), z = (x −
 * location) / scale.
 *
 * @param location the mean, finite
 * @param scale the standard deviation (not the variance), positive and finite
 */
public record Normal(double location, double scale) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public Normal {
    Arguments.finite("Normal", "location", location);
    Arguments.positive("Normal", "scale", scale);
  }

  /**
   * The logarithm of the density.
   *
   * @param x any number
   * @return ln N(x; location, scale²), in nats
   */
  public double logDensity(double x) {
    double z = (x - location) / scale;
    return -0.5 * z * z - Math.log(scale) - SpecialFunctions.HALF_LN_TWO_PI;
  }

  /**
   * The mean.
   *
   * @return the location
   */
  public double mean() {
    return location;
  }

  /**
   * The variance.
   *
   * @return scale²
   */
  public double variance() {
    return scale * scale;
  }

  /**
   * The differential entropy.
   *
   * @return ½ ln(2πe scale²), in nats
   */
  public double entropy() {
    return 0.5 + SpecialFunctions.HALF_LN_TWO_PI + Math.log(scale);
  }

  /**
   * The cumulative distribution function Φ(z), with a small relative error in the lower tail.
   *
   * @param x any number
   * @return P(X ≤ x)
   */
  public double cumulative(double x) {
    return SpecialFunctions.normalCumulative((x - location) / scale);
  }

  /**
   * The quantile function, the inverse of {@link #cumulative}.
   *
   * @param probability strictly between 0 and 1
   * @return the x with P(X ≤ x) = probability
   * @throws IllegalArgumentException if the probability is outside that domain
   */
  public double quantile(double probability) {
    return location + scale * SpecialFunctions.normalQuantile(probability);
  }
}
