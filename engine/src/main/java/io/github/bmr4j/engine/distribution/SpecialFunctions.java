package io.github.bmr4j.engine.distribution;

/**
 * The special functions that densities, divergences and evidence need, in double precision.
 *
 * <p>Relative error below 1e-14, also beside the zeros: of lnΓ at 1 and 2 and of the digamma
 * function at 1.4616…, where a shifted asymptotic series alone loses its digits, of the inverse
 * softplus at ln 2 and of the normal quantile at ½. (Φ has the error of its argument's rounding
 * besides, z² units in the last place.)
 */
public final class SpecialFunctions {

  /** Shortest argument for which the asymptotic series below reach double precision. */
  private static final double ASYMPTOTIC = 16;

  /** ½ ln 2π, the constant of every normal density. */
  static final double HALF_LN_TWO_PI = 0.9189385332046728;

  private static final double LN_TWO = 0.6931471805599453;
  private static final double LN_TWO_LOW = 2.3190468138462996e-17;
  private static final double ONE_OVER_ROOT_PI = 0.5641895835477563;
  private static final double ROOT_HALF = 0.7071067811865476;
  private static final double ROOT_HALF_PI = 1.2533141373155003;

  /** Terms of artanh v that leave less than a relative 1e-17 at |v| = 1/3. */
  private static final int ARTANH_TERMS = 17;

  private static final double ONE_MINUS_EULER = 0.42278433509846713;

  /** B₂ₖ / (2k (2k−1)), k = 1, 2, …: Stirling's series of lnΓ (Abramowitz and Stegun 6.1.41). */
  private static final double[] STIRLING = {
    1.0 / 12, -1.0 / 360, 1.0 / 1260, -1.0 / 1680, 1.0 / 1188, -691.0 / 360360, 1.0 / 156
  };

  /** B₂ₖ / 2k: the series of digamma (Abramowitz and Stegun 6.3.18). */
  private static final double[] DIGAMMA = {
    1.0 / 12, -1.0 / 120, 1.0 / 252, -1.0 / 240, 1.0 / 132, -691.0 / 32760, 1.0 / 12
  };

  /** B₂ₖ: the series of trigamma (Abramowitz and Stegun 6.4.12). */
  private static final double[] BERNOULLI = {
    1.0 / 6, -1.0 / 30, 1.0 / 42, -1.0 / 30, 5.0 / 66, -691.0 / 2730, 7.0 / 6
  };

  /** ζ(k) − 1, k = 2, 3, …: lnΓ(2+z) = z(1−γ) + Σ (−1)ᵏ (ζ(k)−1) zᵏ/k (ibid. 6.1.33). */
  private static final double[] ZETA_MINUS_ONE = {
    0.6449340668482264,
    0.2020569031595943,
    0.08232323371113819,
    0.03692775514336993,
    0.01734306198444914,
    0.008349277381922827,
    0.00407735619794434,
    0.0020083928260822143,
    0.0009945751278180853,
    0.0004941886041194645,
    0.0002460865533080483,
    0.00012271334757848915,
    6.124813505870483e-05,
    3.058823630702049e-05,
    1.528225940865187e-05,
    7.637197637899763e-06,
    3.81729326499984e-06,
    1.908212716553939e-06,
    9.539620338727962e-07,
    4.769329867878064e-07,
    2.38450502727733e-07,
    1.1921992596531106e-07,
    5.960818905125948e-08,
    2.980350351465228e-08,
    1.4901554828365043e-08,
    7.45071178983543e-09,
    3.725334024788457e-09,
    1.862659723513049e-09,
    9.313274324196682e-10,
    4.656629065033784e-10
  };

  /** The positive zero of digamma as a sum of two doubles. */
  private static final double DIGAMMA_ROOT = 1.4616321449683622;

  private static final double DIGAMMA_ROOT_LOW = 9.549995429965697e-17;

  /** ψ⁽ⁿ⁾(root)/n!, n = 1, 2, …: the Taylor series of digamma at its zero. */
  private static final double[] DIGAMMA_AT_ROOT = {
    0.9676722454476212,
    -0.4427631689835921,
    0.258499760955651,
    -0.16394270544240652,
    0.10782405069126237,
    -0.07219956125645471,
    0.04880428816414311,
    -0.03316112647484736,
    0.022597648232218104,
    -0.01542476590494896,
    0.010538791616612175,
    -0.007204534386356869,
    0.004926781395729853,
    -0.003369801655439328,
    0.002305126326734928,
    -0.0015769367714301972,
    0.0010788252019162967,
    -0.0007380709389960052,
    0.000504953265834602,
    -0.0003454680251063077,
    0.00023635601564027053,
    -0.00016170622091974803,
    0.0001106337276874741,
    -7.569179582195066e-05
  };

  private SpecialFunctions() {}

  /**
   * The logarithm of the gamma function.
   *
   * @param x positive and finite
   * @return ln Γ(x)
   * @throws IllegalArgumentException outside that domain
   */
  public static double lnGamma(double x) {
    Arguments.positive("lnGamma", "x", x);
    if (x < 0.5) {
      return lnGammaNearTwo(x) - Math.log1p(x) - Math.log(x);
    }
    if (x < 1.5) {
      return lnGammaNearTwo(x - 1) - Math.log1p(x - 1);
    }
    if (x < ASYMPTOTIC) {
      double product = 1;
      double y = x;
      while (y >= 2.5) {
        y -= 1;
        product *= y;
      }
      return Math.log(product) + lnGammaNearTwo(y - 2);
    }
    return (x - 0.5) * (Math.log(x) - 1) - 0.5 + HALF_LN_TWO_PI + stirlingRest(x);
  }

  /** R(x) = lnΓ(x) − (x − ½) ln x + x − ½ ln 2π for x ≥ 16. */
  static double stirlingRest(double x) {
    return series(STIRLING, 1 / (x * x)) / x;
  }

  /** R′(x) = ψ(x) − ln x + 1/(2x) for x ≥ 16. */
  static double stirlingRestDerivative(double x) {
    double inverseSquare = 1 / (x * x);
    return -inverseSquare * series(DIGAMMA, inverseSquare);
  }

  /** lnΓ(2+z) for |z| ≤ 1/2. */
  private static double lnGammaNearTwo(double z) {
    double sum = 0;
    for (int k = ZETA_MINUS_ONE.length + 1; k >= 2; k--) {
      sum = ZETA_MINUS_ONE[k - 2] / k - z * sum;
    }
    return z * (ONE_MINUS_EULER + z * sum);
  }

  /**
   * The digamma function, ψ(x) = d lnΓ(x)/dx.
   *
   * @param x positive and finite
   * @return ψ(x)
   * @throws IllegalArgumentException outside that domain
   */
  public static double digamma(double x) {
    Arguments.positive("digamma", "x", x);
    double fromRoot = (x - DIGAMMA_ROOT) - DIGAMMA_ROOT_LOW;
    if (Math.abs(fromRoot) < 0.3) {
      return fromRoot * series(DIGAMMA_AT_ROOT, fromRoot);
    }
    double shift = 0;
    double y = x;
    while (y < ASYMPTOTIC) {
      shift += 1 / y;
      y += 1;
    }
    return Math.log(y) - 0.5 / y + stirlingRestDerivative(y) - shift;
  }

  /**
   * The trigamma function, ψ′(x) = d² lnΓ(x)/dx².
   *
   * @param x positive and finite
   * @return ψ′(x) &gt; 0; infinite where 1/x² overflows
   * @throws IllegalArgumentException outside that domain
   */
  public static double trigamma(double x) {
    Arguments.positive("trigamma", "x", x);
    double shift = 0;
    double y = x;
    while (y < ASYMPTOTIC) {
      shift += 1 / (y * y);
      y += 1;
    }
    double inverseSquare = 1 / (y * y);
    return shift + (1 + 0.5 / y + inverseSquare * series(BERNOULLI, inverseSquare)) / y;
  }

  /** c₀ + c₁x + c₂x² + …, by Horner's rule. */
  private static double series(double[] coefficients, double x) {
    double sum = 0;
    for (int k = coefficients.length - 1; k >= 0; k--) {
      sum = coefficients[k] + x * sum;
    }
    return sum;
  }

  /**
   * The softplus function, ln(1 + eˣ), which maps the real line onto the positive axis.
   *
   * @param x any number; below −745 the result underflows to zero
   * @return ln(1 + eˣ)
   */
  public static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /**
   * The inverse of {@link #softplus}, ln(eʸ − 1).
   *
   * @param y positive and finite
   * @return the x with softplus(x) = y
   * @throws IllegalArgumentException outside that domain
   */
  public static double softplusInverse(double y) {
    Arguments.positive("softplusInverse", "y", y);
    if (y > 0.5 && y < 0.9) {
      // Beside its zero at ln 2: eʸ − 1 = 1 + 2 (e^(y − ln 2) − 1).
      return Math.log1p(2 * Math.expm1((y - LN_TWO) - LN_TWO_LOW));
    }
    return y < 1 ? Math.log(Math.expm1(y)) : y + Math.log1p(-Math.exp(-y));
  }

  /**
   * The logistic function, 1/(1 + e⁻ˣ): the derivative of {@link #softplus}.
   *
   * @param x any number
   * @return a value in [0, 1]
   */
  public static double logistic(double x) {
    if (x >= 0) {
      return 1 / (1 + Math.exp(-x));
    }
    double exponential = Math.exp(x);
    return exponential / (1 + exponential);
  }

  /**
   * The inverse of {@link #logistic}: the log odds of a probability.
   *
   * @param p a probability strictly between 0 and 1
   * @return ln(p / (1 − p)), in nats
   * @throws IllegalArgumentException outside that domain
   */
  public static double logit(double p) {
    if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException(
          "logit needs a probability strictly between 0 and 1, but p = " + p);
    }
    if (p > 0.25 && p < 0.75) {
      return Math.log1p((2 * p - 1) / (1 - p));
    }
    return Math.log(p) - Math.log1p(-p);
  }

  /**
   * What a number exceeds its logarithm by: x − ln(1 + x) ≥ 0, without the cancellation that leaves
   * no digits at small x. Every Kullback–Leibler divergence of this package is made of it.
   *
   * @param x greater than −1; at −1 the result is infinite
   * @return x − ln(1 + x)
   */
  public static double logarithmGap(double x) {
    if (!(x > -0.5 && x < 1)) {
      return x - Math.log1p(x);
    }
    // ln(1+x) = 2 artanh v with v = x/(2+x), and x − 2v = xv.
    double v = x / (2 + x);
    double square = v * v;
    double sum = 0;
    for (int k = 2 * ARTANH_TERMS + 1; k >= 3; k -= 2) {
      sum = 1.0 / k + square * sum;
    }
    return v * (x - 2 * square * sum);
  }

  /**
   * The logarithm of what an exponential leaves of one, ln(1 − eˣ): the log probability of the
   * complement of an event with log probability x.
   *
   * @param x negative or zero
   * @return ln(1 − eˣ); −∞ at 0
   * @throws IllegalArgumentException if x is positive or NaN
   */
  public static double log1mExp(double x) {
    if (!(x <= 0)) {
      throw new IllegalArgumentException("log1mExp needs x at most 0, but x = " + x);
    }
    return x > -LN_TWO ? Math.log(-Math.expm1(x)) : Math.log1p(-Math.exp(x));
  }

  /**
   * The logarithm of {@link #logistic}, without its underflow.
   *
   * @param x any number
   * @return −ln(1 + e⁻ˣ)
   */
  public static double logLogistic(double x) {
    return -softplus(-x);
  }

  /**
   * The scaled complementary error function, e^(x²) erfc(x), which neither overflows nor underflows
   * for positive x.
   *
   * @param x any number; below about −26.6 the result overflows to infinity
   * @return e^(x²) · (2/√π) ∫ₓ^∞ e^(−t²) dt
   */
  public static double scaledErfc(double x) {
    if (Double.isNaN(x)) {
      return x;
    }
    if (x < 0) {
      return 2 * expSquare(x) - scaledErfc(-x);
    }
    return ScaledErfc.at(x);
  }

  /**
   * The error function, with a small relative error at small x too.
   *
   * @param x any number
   * @return (2/√π) ∫₀ˣ e^(−t²) dt, in [−1, 1]
   */
  public static double erf(double x) {
    return Math.abs(x) < 1 ? scaledErf(x) / expSquare(x) : 1 - erfc(x);
  }

  /**
   * The complementary error function.
   *
   * @param x any number
   * @return (2/√π) ∫ₓ^∞ e^(−t²) dt, in [0, 2]; underflows above about 26.5
   */
  public static double erfc(double x) {
    if (x < 0) {
      return 2 - erfc(-x);
    }
    return x > 27.3 ? 0 : scaledErfc(x) / expSquare(x);
  }

  /**
   * The cumulative distribution function of the standard normal distribution.
   *
   * @param z any number
   * @return Φ(z) = ½ erfc(−z/√2), with a small relative error in the lower tail too
   */
  public static double normalCumulative(double z) {
    return 0.5 * erfc(-z * ROOT_HALF);
  }

  /**
   * The quantile function of the standard normal distribution, the inverse of {@link
   * #normalCumulative}.
   *
   * @param p a probability strictly between 0 and 1
   * @return the z with Φ(z) = p
   * @throws IllegalArgumentException outside that domain
   */
  public static double normalQuantile(double p) {
    if (!(p > 0 && p < 1)) {
      throw new IllegalArgumentException(
          "normalQuantile needs a probability strictly between 0 and 1, but p = " + p);
    }
    if (p >= 0.5) {
      return p == 0.5 ? 0 : -normalQuantile(1 - p);
    }
    // Abramowitz and Stegun 26.2.23 for y = −z, error 4.5e-4; each of Halley's steps cubes it.
    double t = Math.sqrt(-2 * Math.log(p));
    double y =
        t
            - (2.515517 + t * (0.802853 + t * 0.010328))
                / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308)));
    for (int step = 0; step < 2; step++) {
      double x = y * ROOT_HALF;
      // Newton's step (p − Φ(−y))/φ(y): from erf where p is near ½, relative to p in the tail.
      double newton =
          p > 0.25
              ? 2 * ROOT_HALF_PI * (0.5 * scaledErf(x) - (0.5 - p) * expSquare(x))
              : ROOT_HALF_PI * scaledErfc(x) * (p / normalCumulative(-y) - 1);
      y -= newton / (1 + 0.5 * y * newton);
    }
    return -y;
  }

  /** e^(x²) erf(x) = (2/√π) Σ 2ⁿ x^(2n+1)/(2n+1)!!, x small (Abramowitz and Stegun 7.1.6). */
  private static double scaledErf(double x) {
    double term = x;
    double sum = 0;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      sum += term;
      term *= 2 * x * x / (2 * n + 1);
    }
    return 2 * ONE_OVER_ROOT_PI * sum;
  }

  /** e^(x²) with the rounding of x² made good: it would cost x² units in the last place. */
  private static double expSquare(double x) {
    // The 26 upper bits of x, whose square is exact.
    double upper = Double.longBitsToDouble(Double.doubleToRawLongBits(x) & 0xffff_ffff_f800_0000L);
    return Math.exp(upper * upper) * Math.exp((x - upper) * (x + upper));
  }
}
