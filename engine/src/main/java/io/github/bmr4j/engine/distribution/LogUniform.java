package io.github.bmr4j.engine.distribution;

/**
 * The log-uniform distribution: ln θ is uniform on [lower, upper], with density 1/(θ (upper −
 * lower)).
 *
 * @param lower bound of ln θ, finite
 * @param upper bound of ln θ, finite, above the lower
 */
public record LogUniform(double lower, double upper) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public LogUniform {
    Arguments.finite("LogUniform", "lower", lower);
    Arguments.finite("LogUniform", "upper", upper);
    if (!(lower < upper)) {
      throw new IllegalArgumentException(
          "LogUniform needs lower below upper, but they are " + lower + " and " + upper);
    }
  }

  /** Upper − lower: what a density of ln θ is divided by. */
  public double width() {
    return upper - lower;
  }

  /**
   * The logarithm of the density with respect to θ, the Jacobian −ln θ included.
   *
   * @param theta any number
   * @return in nats; −∞ outside the support
   */
  public double logDensity(double theta) {
    double x = Math.log(theta);
    return x >= lower && x <= upper ? -x - Math.log(width()) : Double.NEGATIVE_INFINITY;
  }

  /**
   * The mean of θ.
   *
   * @return (e^upper − e^lower)/(upper − lower)
   */
  public double mean() {
    return Math.exp(lower) * Math.expm1(width()) / width();
  }
}
