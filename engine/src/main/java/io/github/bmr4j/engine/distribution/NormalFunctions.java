package io.github.bmr4j.engine.distribution;

/**
 * Functions of the standard normal distribution that keep their digits in both tails: logarithms of
 * probabilities, the probability of an interval, the hazard, and the quantile of a probability that
 * is too small to be a double.
 */
public final class NormalFunctions {

  private static final double ROOT_HALF = 0.7071067811865476;
  private static final double ROOT_TWO_OVER_PI = 0.7978845608028654;
  private static final double LN_TWO_PI = 1.8378770664093453;

  /** Below this product of width and distance, an interval is integrated by Taylor's series. */
  private static final double NARROW = 1e-2;

  /** ln of the least probability that the rational approximations reach: Φ(−37.5). */
  private static final double RATIONAL_LIMIT = -707;

  /** Wichura's AS 241 (Applied Statistics 37, 1988): numerator and denominator near ½. */
  private static final double[] CENTRE = {
    3.3871328727963665,
    133.14166789178438,
    1971.5909503065513,
    13731.69376550946,
    45921.95393154987,
    67265.7709270087,
    33430.57558358813,
    2509.0809287301227
  };

  private static final double[] CENTRE_BELOW = {
    1,
    42.31333070160091,
    687.1870074920579,
    5394.196021424751,
    21213.794301586597,
    39307.89580009271,
    28729.085735721943,
    5226.495278852854
  };

  /** The same where √(−ln p) ≤ 5. */
  private static final double[] TAIL = {
    1.4234371107496835,
    4.630337846156546,
    5.769497221460691,
    3.6478483247632045,
    1.2704582524523684,
    0.2417807251774506,
    0.022723844989269184,
    0.0007745450142783414
  };

  private static final double[] TAIL_BELOW = {
    1,
    2.053191626637759,
    1.6763848301838038,
    0.6897673349851,
    0.14810397642748008,
    0.015198666563616457,
    0.0005475938084995345,
    1.0507500716444169e-09
  };

  /** The same beyond. */
  private static final double[] FAR_TAIL = {
    6.657904643501103,
    5.463784911164114,
    1.7848265399172913,
    0.29656057182850487,
    0.026532189526576124,
    0.0012426609473880784,
    2.7115555687434876e-05,
    2.0103343992922881e-07
  };

  private static final double[] FAR_TAIL_BELOW = {
    1,
    0.599832206555888,
    0.1369298809227358,
    0.014875361290850615,
    0.0007868691311456133,
    1.8463183175100548e-05,
    1.421511758316446e-07,
    2.0442631033899397e-15
  };

  private NormalFunctions() {}

  /** ln φ(z) = −½ z² − ½ ln 2π. */
  static double logDensity(double z) {
    return -0.5 * z * z - SpecialFunctions.HALF_LN_TWO_PI;
  }

  /**
   * The logarithm of the cumulative distribution function.
   *
   * @param z any number
   * @return ln Φ(z), at most 0
   */
  public static double logCumulative(double z) {
    if (z > 0) {
      return Math.log1p(-0.5 * SpecialFunctions.erfc(z * ROOT_HALF));
    }
    if (z > -1) {
      return Math.log(0.5 * SpecialFunctions.erfc(-z * ROOT_HALF));
    }
    return Math.log(0.5 * SpecialFunctions.scaledErfc(-z * ROOT_HALF)) - 0.5 * z * z;
  }

  /**
   * The logarithm of the probability of an interval, also where both ends lie in the same tail and
   * where they almost meet.
   *
   * @param from lower end
   * @param to upper end, not below
   * @return ln(Φ(to) − Φ(from)); −∞ where they are equal
   * @throws IllegalArgumentException if the ends are in the wrong order, or one is NaN
   */
  public static double logInterval(double from, double to) {
    if (!(from <= to)) {
      throw new IllegalArgumentException(
          "logInterval needs its ends in order, but they are " + from + " and " + to);
    }
    if (from > 0) {
      return logInterval(-to, -from);
    }
    double width = to - from;
    double farther = Math.max(-from, to);
    if (width * Math.max(1, farther) < NARROW) {
      return narrow(0.5 * (from + to), width);
    }
    if (to > 0) {
      double half = SpecialFunctions.erf(to * ROOT_HALF) + SpecialFunctions.erf(-from * ROOT_HALF);
      return Math.log(0.5 * half);
    }
    if (from > -1) {
      double half = SpecialFunctions.erf(-from * ROOT_HALF) - SpecialFunctions.erf(-to * ROOT_HALF);
      return Math.log(0.5 * half);
    }
    // Φ(z) = ½ erfcx(−z/√2) e^(−z²/2), so that the squares are subtracted before they are rounded.
    double upper = Math.log(0.5 * SpecialFunctions.scaledErfc(-to * ROOT_HALF));
    double lower = Math.log(0.5 * SpecialFunctions.scaledErfc(-from * ROOT_HALF));
    double ratio = lower - upper + 0.5 * width * (from + to);
    return upper - 0.5 * to * to + SpecialFunctions.log1mExp(ratio);
  }

  /** ln ∫ φ over a short interval about m: φ(m) h (1 + (m²−1)h²/24 + (m⁴−6m²+3)h⁴/1920 + …). */
  private static double narrow(double middle, double width) {
    double m = middle * middle;
    double h = width * width;
    double series = h * ((m - 1) / 24 + h * (m * (m - 6) + 3) / 1920);
    return logDensity(middle) + Math.log(width) + Math.log1p(series);
  }

  /**
   * The hazard, φ(z) / (1 − Φ(z)): for large z a little above z.
   *
   * @param z any number
   * @return positive; 0 where z is so far below 0 that φ underflows
   */
  public static double hazard(double z) {
    if (z > 0) {
      return ROOT_TWO_OVER_PI / SpecialFunctions.scaledErfc(z * ROOT_HALF);
    }
    return Math.exp(logDensity(z) - logCumulative(-z));
  }

  /**
   * What the hazard h adds to its argument, h(z) − z = 1/(z + 2/(z + 3/(z + …))), without the
   * cancellation (Laplace's continued fraction).
   *
   * @param z at least 3
   */
  static double hazardExcess(double z) {
    return 1 / (z + hazardFraction(z));
  }

  /** 2/(z + 3/(z + 4/(z + …))) for z ≥ 3, from its end. */
  static double hazardFraction(double z) {
    double fraction = z;
    for (int k = (int) (10 + 450 / (z * z)); k >= 3; k--) {
      fraction = z + k / fraction;
    }
    return 2 / fraction;
  }

  /**
   * The z with Φ(z) = p, given the logarithm of p: for p as small as it may be.
   *
   * @param logProbability ln p, below 0
   * @return z
   * @throws IllegalArgumentException if ln p is not negative and finite
   */
  public static double quantileOfLogarithm(double logProbability) {
    if (!(logProbability < 0 && logProbability > Double.NEGATIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "quantileOfLogarithm needs a negative and finite ln p, but it is " + logProbability);
    }
    if (logProbability < RATIONAL_LIMIT) {
      return farQuantile(logProbability);
    }
    double lower = Math.exp(logProbability);
    return quantile(lower, -Math.expm1(logProbability));
  }

  /**
   * The z with Φ(z) = p, for p = lower and 1 − p = upper, of which the smaller one matters. No
   * smaller than 1e-307.
   */
  static double quantile(double lower, double upper) {
    double smaller = Math.min(lower, upper);
    double fromHalf = 0.5 - smaller;
    double z;
    if (fromHalf <= 0.425) {
      double r = 0.180625 - fromHalf * fromHalf;
      z = fromHalf * (polynomial(CENTRE, r) / polynomial(CENTRE_BELOW, r));
    } else {
      double root = Math.sqrt(-Math.log(smaller));
      z =
          root <= 5
              ? polynomial(TAIL, root - 1.6) / polynomial(TAIL_BELOW, root - 1.6)
              : polynomial(FAR_TAIL, root - 5) / polynomial(FAR_TAIL_BELOW, root - 5);
    }
    return lower < upper ? -z : z;
  }

  private static double polynomial(double[] c, double x) {
    return ((((((c[7] * x + c[6]) * x + c[5]) * x + c[4]) * x + c[3]) * x + c[2]) * x + c[1]) * x
        + c[0];
  }

  /** Newton's steps on ln Φ from its asymptote. */
  private static double farQuantile(double logProbability) {
    double square = -2 * logProbability - LN_TWO_PI;
    double z = Math.sqrt(square - Math.log(square));
    for (int step = 0; step < 3; step++) {
      z += (logCumulative(-z) - logProbability) / hazard(z);
    }
    return -z;
  }
}
