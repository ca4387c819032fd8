package io.github.bmr4j.engine.distribution;

/**
 * The normal distribution N(location, scale²) restricted to [lower, upper], in forms that stay
 * accurate when the mode lies far outside, when the scale is tiny and when it is so large that the
 * distribution is all but uniform.
 *
 * <p>With α = (lower − location)/scale, β = (upper − location)/scale, Z = Φ(β) − Φ(α), A = φ(α)/Z,
 * B = φ(β)/Z and D = αA − βB. Where the mode lies z ≥ 3 scales outside and the other bound does not
 * matter, the distribution is the tail of a normal one, A or B is the hazard h(z), and 1 + z² − zh,
 * which the textbook forms lose to cancellation, is the fraction κ = c/(z + c), c = 2/(z + 3/(z +
 * 4/(z + …))).
 *
 * <p>Mutable, so that a training step allocates nothing: {@link #set} first, then ask. {@link
 * TruncatedLogNormal} is the value for everyday use.
 */
public final class TruncatedNormal {

  private static final double ROOT_HALF = 0.7071067811865476;
  private static final double ROOT_HALF_PI = 1.2533141373155003;

  /** Distance of the mode from the nearer bound, in scales, from which the tail's forms hold. */
  private static final double TAIL = 3;

  /** The other bound's density is below e^−40 of the nearer one's. */
  private static final double NEGLIGIBLE = 40;

  private double location;
  private double scale;
  private double lower;
  private double upper;
  private double alpha;
  private double beta;
  private double logMass;
  private double atLower;
  private double atUpper;

  /** Distance of the mode from the support, in scales; 0 if it is inside. */
  private double outside;

  private boolean tail;
  private double excess;
  private double kappa;

  /** A distribution that {@link #set} must define before the first use. */
  public TruncatedNormal() {}

  /**
   * Makes this another distribution.
   *
   * @param location of the normal distribution, finite
   * @param scale of the normal distribution, positive and finite
   * @param lower bound, finite
   * @param upper bound, finite, above the lower
   * @return this
   * @throws IllegalArgumentException if one is outside its domain, or so large that (bound −
   *     location)/scale has no finite square
   */
  public TruncatedNormal set(double location, double scale, double lower, double upper) {
    check(location, scale, lower, upper);
    this.location = location;
    this.scale = scale;
    this.lower = lower;
    this.upper = upper;
    alpha = (lower - location) / scale;
    beta = (upper - location) / scale;
    if (!(Math.max(-alpha, beta) < 1e150)) {
      throw new IllegalArgumentException(
          "TruncatedNormal cannot tell location "
              + location
              + " from the bounds on the scale "
              + scale
              + ": their distance is "
              + Math.max(-alpha, beta)
              + " scales");
    }
    outside = Math.max(0, Math.max(alpha, -beta));
    tail = outside > TAIL && 0.5 * (beta - alpha) * Math.abs(alpha + beta) > NEGLIGIBLE;
    if (tail) {
      double fraction = NormalFunctions.hazardFraction(outside);
      excess = 1 / (outside + fraction);
      kappa = fraction * excess;
      double hazard = outside + excess;
      logMass = NormalFunctions.logDensity(outside) - Math.log(hazard);
      atLower = alpha > 0 ? hazard : 0;
      atUpper = alpha > 0 ? 0 : hazard;
    } else {
      logMass = NormalFunctions.logInterval(alpha, beta);
      atLower = Math.exp(NormalFunctions.logDensity(alpha) - logMass);
      atUpper = Math.exp(NormalFunctions.logDensity(beta) - logMass);
    }
    return this;
  }

  /**
   * Checks parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  static void check(double location, double scale, double lower, double upper) {
    Arguments.finite("TruncatedNormal", "location", location);
    Arguments.positive("TruncatedNormal", "scale", scale);
    Arguments.finite("TruncatedNormal", "lower", lower);
    Arguments.finite("TruncatedNormal", "upper", upper);
    if (!(lower < upper)) {
      throw new IllegalArgumentException(
          "TruncatedNormal needs lower below upper, but they are " + lower + " and " + upper);
    }
  }

  /** ln Z, the logarithm of the normal distribution's mass between the bounds, at most 0. */
  public double logMass() {
    return logMass;
  }

  /**
   * The logarithm of the density.
   *
   * @param x any number
   * @return in nats; −∞ outside the bounds
   */
  public double logDensity(double x) {
    if (x < lower || x > upper) {
      return Double.NEGATIVE_INFINITY;
    }
    double z = (x - location) / scale;
    if (tail) {
      // ln φ(z) − ln φ(outside): their squares are subtracted before they are rounded.
      double bound = alpha > 0 ? alpha : beta;
      double distance = (x - (alpha > 0 ? lower : upper)) / scale;
      return -0.5 * distance * (z + bound) + Math.log((outside + excess) / scale);
    }
    return NormalFunctions.logDensity(z) - Math.log(scale) - logMass;
  }

  /**
   * The logarithm of the probability of an interval.
   *
   * @param from its lower end
   * @param to its upper end; what lies outside the bounds does not count
   * @return ln P(from ≤ X ≤ to), at most 0; −∞ for an interval that does not meet the support
   */
  public double logProbability(double from, double to) {
    double left = Math.max(from, lower);
    double right = Math.min(to, upper);
    if (!(left < right)) {
      return Double.NEGATIVE_INFINITY;
    }
    double mass =
        NormalFunctions.logInterval((left - location) / scale, (right - location) / scale);
    return Math.min(0, mass - logMass);
  }

  /** The differential entropy, ln σ + ln Z + ½ ln 2πe + ½ D, in nats. */
  public double entropy() {
    if (tail) {
      return Math.log(scale / (outside + excess)) + 1 - 0.5 * kappa;
    }
    return Math.log(scale) + logMass + SpecialFunctions.HALF_LN_TWO_PI + 0.5 + 0.5 * spread();
  }

  /** ∂ entropy / ∂ location = (A − B)/σ − [(1 − α²)A − (1 − β²)B + D(A − B)]/2σ. */
  public double entropyByLocation() {
    if (tail) {
      double slope = (outside + excess) * kappa / (2 * scale);
      return alpha > 0 ? slope : -slope;
    }
    double curvature = (1 - alpha * alpha) * atLower - (1 - beta * beta) * atUpper;
    double difference = atLower - atUpper;
    return (difference - 0.5 * (curvature + spread() * difference)) / scale;
  }

  /** ∂ entropy / ∂ ln scale = 1 + D − ½ [α(1 − α²)A − β(1 − β²)B + D²]. */
  public double entropyByLogScale() {
    if (tail) {
      return 1 + 0.5 * outside * (outside + excess) * kappa;
    }
    double d = spread();
    double curvature = alpha * (1 - alpha * alpha) * atLower - beta * (1 - beta * beta) * atUpper;
    return 1 + d - 0.5 * (curvature + d * d);
  }

  /** D. */
  private double spread() {
    return alpha * atLower - beta * atUpper;
  }

  /**
   * The logarithm of a moment of θ = e^X.
   *
   * @param order k, at least 0
   * @return ln E[e^(kX)]
   */
  public double logExponentialMoment(double order) {
    double shift = order * scale;
    if (beta <= 0) {
      return order * upper + Math.log(beyond(-beta, -alpha, shift) / beyond(-beta, -alpha, 0));
    }
    if (beta <= shift) {
      return order * upper + Math.log(ROOT_HALF_PI * atUpper * beyond(-beta, -alpha, shift));
    }
    if (alpha - shift > 0) {
      return order * lower + Math.log(beyond(alpha, beta, -shift) / beyond(alpha, beta, 0));
    }
    return order * location
        + 0.5 * shift * shift
        + NormalFunctions.logInterval(alpha - shift, beta - shift)
        - logMass;
  }

  /** (Φ(far + s) − Φ(near + s)) e^((near + s)²/2), doubled, for 0 ≤ near + s &lt; far + s. */
  private static double beyond(double near, double far, double shift) {
    double exponent = -0.5 * (far - near) * (far + near + 2 * shift);
    double beyondNear = SpecialFunctions.scaledErfc((near + shift) * ROOT_HALF);
    return beyondNear - SpecialFunctions.scaledErfc((far + shift) * ROOT_HALF) * Math.exp(exponent);
  }

  /** The variance of X; where the distribution is all but uniform, digits are lost. */
  public double variance() {
    double difference = atLower - atUpper;
    double relative = tail ? kappa - excess * excess : 1 + spread() - difference * difference;
    return scale * scale * relative;
  }

  /** The third central moment of X; where the distribution is all but uniform, digits are lost. */
  private double thirdCentralMoment() {
    double cubed = scale * scale * scale;
    if (tail) {
      double relative = (outside + excess) * (2 * excess * excess - kappa);
      return alpha > 0 ? cubed * relative : -cubed * relative;
    }
    double first = atLower - atUpper;
    double second = 1 + spread();
    double third = 2 * first + alpha * alpha * atLower - beta * beta * atUpper;
    return cubed * (third - 3 * first * second + 2 * first * first * first);
  }

  /**
   * The signal-to-noise ratio of θ = e^X, E[θ]/√Var[θ] = 1/√(E[θ²]/E[θ]² − 1).
   *
   * @return positive
   */
  public double exponentialSignalToNoise() {
    if (scale < 1e-3 * Math.max(1, outside)) {
      double variance = variance();
      if (variance < 1e-8) {
        // ln E[θ²] − 2 ln E[θ] from the cumulants of X; the fourth is below a relative 1e-7.
        return 1 / Math.sqrt(Math.expm1(variance + thirdCentralMoment()));
      }
    }
    return 1 / Math.sqrt(Math.expm1(logExponentialMoment(2) - 2 * logExponentialMoment(1)));
  }

  /** μ of the normal distribution. */
  public double location() {
    return location;
  }

  /** σ of the normal distribution. */
  public double scale() {
    return scale;
  }

  /** The lower bound, a. */
  public double lower() {
    return lower;
  }

  /** The upper bound, b. */
  public double upper() {
    return upper;
  }

  /** (a − μ)/σ. */
  public double alpha() {
    return alpha;
  }

  /** (b − μ)/σ. */
  public double beta() {
    return beta;
  }
}
