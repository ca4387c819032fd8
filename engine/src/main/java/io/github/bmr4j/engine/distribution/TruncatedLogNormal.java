package io.github.bmr4j.engine.distribution;

/**
 * The truncated log-normal distribution of multiplicative noise (Neklyudov, Molchanov, Ashukha and
 * Vetrov 2017): ln θ ~ N(location, scale²) restricted to [lower, upper]. The mode of the normal
 * distribution may lie outside these bounds.
 *
 * @param location of ln θ, finite
 * @param scale of ln θ, positive and finite
 * @param lower bound of ln θ, finite
 * @param upper bound of ln θ, finite, above the lower
 */
public record TruncatedLogNormal(double location, double scale, double lower, double upper) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public TruncatedLogNormal {
    TruncatedNormal.check(location, scale, lower, upper);
  }

  /** The distribution of ln θ. */
  public TruncatedNormal logarithm() {
    return new TruncatedNormal().set(location, scale, lower, upper);
  }

  /**
   * The logarithm of the density with respect to θ, the Jacobian −ln θ included.
   *
   * @param theta any number
   * @return in nats; −∞ outside the support
   */
  public double logDensity(double theta) {
    double x = Math.log(theta);
    return theta > 0 ? logarithm().logDensity(x) - x : Double.NEGATIVE_INFINITY;
  }

  /** E[θ]. */
  public double mean() {
    return Math.exp(logarithm().logExponentialMoment(1));
  }

  /** Var[θ]. */
  public double variance() {
    double deviation = mean() / signalToNoise();
    return deviation * deviation;
  }

  /** E[θ]/√Var[θ]. */
  public double signalToNoise() {
    return logarithm().exponentialSignalToNoise();
  }
}
