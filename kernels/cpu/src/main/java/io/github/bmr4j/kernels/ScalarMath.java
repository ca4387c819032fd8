package io.github.bmr4j.kernels;

/**
 * Functions that {@link Math} lacks, in double, to some 1e-15: the oracle of the SIMD kernels.
 * Slow, for they sum their series until nothing changes.
 */
final class ScalarMath {

  private static final double TWO_INV_SQRT_PI = 2 / Math.sqrt(Math.PI);

  /** Where the series gives way to the continued fraction. */
  private static final double SPLIT = 2.5;

  private static final double GELU_CUBIC = 0.044715;
  private static final double GELU_SLOPE = Math.sqrt(2 / Math.PI);

  private ScalarMath() {}

  /** Error function. */
  static double erf(double x) {
    double a = Math.abs(x);
    return a < SPLIT ? erfSeries(x) : Math.copySign(1 - upperTail(a), x);
  }

  /** 1 − erf(x), with full relative accuracy for large x. */
  static double erfc(double x) {
    if (x < 0) {
      return 1 + erf(-x);
    }
    return x < SPLIT ? 1 - erfSeries(x) : upperTail(x);
  }

  /** Abramowitz and Stegun, Handbook of Mathematical Functions, 7.1.6: all terms of one sign. */
  private static double erfSeries(double x) {
    double term = x;
    double sum = x;
    for (int n = 1; Math.abs(term) > 1e-18 * Math.abs(sum); n++) {
      term *= 2 * x * x / (2 * n + 1);
      sum += term;
    }
    return TWO_INV_SQRT_PI * Math.exp(-x * x) * sum;
  }

  /** erfc(x) for x ≥ 2.5 by the continued fraction 7.1.14 of the same book, from its end. */
  private static double upperTail(double x) {
    double fraction = 0;
    for (int k = 120; k >= 1; k--) {
      fraction = 0.5 * k / (x + fraction);
    }
    return 0.5 * TWO_INV_SQRT_PI * Math.exp(-x * x) / (x + fraction);
  }

  /** Φ, the distribution function of the standard normal distribution. */
  static double normalCdf(double x) {
    return 0.5 * erfc(-x * Math.sqrt(0.5));
  }

  /** ln(1 + eˣ). */
  static double softplus(double x) {
    return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
  }

  /** x of a softplus: ln(eʸ − 1). */
  static double inverseSoftplus(double y) {
    return y + Math.log(-Math.expm1(-y));
  }

  /** 1 / (1 + e⁻ˣ). */
  static double sigmoid(double x) {
    return 1 / (1 + Math.exp(-x));
  }

  /** f(x). */
  static double value(UnaryFunction f, double x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> x <= 0 ? 0 : x;
      case TANH -> Math.tanh(x);
      case SIGMOID -> sigmoid(x);
      case SWISH -> gate(x, sigmoid(x));
      case GELU_TANH -> gate(x, sigmoid(geluArgument(x)));
      case GELU -> gate(x, normalCdf(x));
      case SOFTPLUS -> softplus(x);
      case EXP -> Math.exp(x);
      case LOG -> Math.log(x);
      case SQUARE -> x * x;
      case SQRT -> Math.sqrt(x);
      case ERF -> erf(x);
      case SIN -> Math.sin(x);
      case COS -> Math.cos(x);
    };
  }

  /** f′(x), given y = f(x). */
  static double derivative(UnaryFunction f, double x, double y) {
    return switch (f) {
      case IDENTITY -> 1;
      case RELU -> x > 0 ? 1 : 0;
      case TANH -> 1 - y * y;
      case SIGMOID -> y * (1 - y);
      case SWISH -> gateDerivative(sigmoid(x), sigmoidSlope(x), x);
      case GELU_TANH ->
          gateDerivative(
              sigmoid(geluArgument(x)),
              sigmoidSlope(geluArgument(x)) * 2 * GELU_SLOPE * (1 + 3 * GELU_CUBIC * x * x),
              x);
      case GELU -> gateDerivative(normalCdf(x), Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI), x);
      case SOFTPLUS -> sigmoid(x);
      case EXP -> y;
      case LOG -> 1 / x;
      case SQUARE -> 2 * x;
      case SQRT -> 0.5 / y;
      case ERF -> TWO_INV_SQRT_PI * Math.exp(-x * x);
      case SIN -> Math.cos(x);
      case COS -> -Math.sin(x);
    };
  }

  /** dy f′(x), given y = f(x); ReLU passes nothing on where x ≤ 0, even if dy is infinite. */
  static double pullback(UnaryFunction f, double x, double y, double dy) {
    return f == UnaryFunction.RELU && !(x > 0) ? 0 : dy * derivative(f, x, y);
  }

  /** GELU's tanh form is x · sigmoid of this. */
  private static double geluArgument(double x) {
    return 2 * GELU_SLOPE * (x + GELU_CUBIC * x * x * x);
  }

  private static double sigmoidSlope(double x) {
    double z = Math.exp(-Math.abs(x));
    return z / ((1 + z) * (1 + z));
  }

  /** x g, with the limit 0 where g has gone to 0 but x to −∞. */
  private static double gate(double x, double g) {
    return g == 0 ? Math.copySign(0, x) : x * g;
  }

  /** g + x g′, with the limit where g′ has gone to 0. */
  private static double gateDerivative(double g, double slope, double x) {
    return slope == 0 || Double.isInfinite(x) ? g : Math.fma(x, slope, g);
  }
}
