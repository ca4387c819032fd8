package io.github.bmr4j.engine.distribution;

/**
 * The normal distribution N(location, scale²).
 *
 * @param location the mean, finite
 * @param scale the standard deviation (not the variance), positive and finite
 */
public record Normal(double location, double scale) {

  private static final double HALF_LN_TWO_PI = 0.5 * Math.log(2 * Math.PI);

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
    double standardised = (x - location) / scale;
    return -0.5 * standardised * standardised - Math.log(scale) - HALF_LN_TWO_PI;
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
    return 0.5 + HALF_LN_TWO_PI + Math.log(scale);
  }
}
