package io.github.bmr4j.kernels.opencl.kernel;

/** The unary functions and their derivatives, by their {@link FunctionNumbers}. */
abstract class Functions extends DeviceMath {

  private static final float ROOT_HALF = 0x1.6a09e6p-1f;
  private static final float ROOT_HALF_LOW = 0x1.9fcef4p-26f;
  private static final float TWO_INV_SQRT_PI = 0x1.20dd76p0f;
  private static final float INV_SQRT_2PI = 0x1.988454p-2f;

  // GELU's 2 sqrt(2/pi) and 2 sqrt(2/pi) 0.044715, each in two parts.
  private static final float GELU_LINEAR = 0x1.988454p0f;
  private static final float GELU_LINEAR_LOW = -0x1.857936p-25f;
  private static final float GELU_CUBIC = 0x1.2444f2p-4f;
  private static final float GELU_CUBIC_LOW = 0x1.49b16ap-29f;

  /** Beyond ± this, the sigmoid inside GELU's tanh form is 0 or 1. */
  private static final float GELU_TANH_LIMIT = 12f;

  /** Beyond ± this, the normal distribution function is 0 or 1. */
  private static final float NORMAL_LIMIT = 14.5f;

  /** From -this down, x sigmoid(x) and x Φ(x) round to 0. */
  private static final float GATE_LIMIT = 110f;

  protected float softplus(float x) {
    return (x < 0f ? 0f : x) + log1p(exp(-abs(x)));
  }

  protected float sigmoid(float x) {
    float z = exp(-abs(x));
    return (x >= 0f ? 1f : z) / (z + 1f);
  }

  /** x within ± limit; NaN stays. */
  protected float clamp(float x, float limit) {
    float c = x > limit ? limit : x;
    return c < -limit ? -limit : c;
  }

  /** e^(high + low) for a rounding error low of high. */
  protected float expOfSum(float high, float low) {
    float e = exp(high);
    return fma(e, low, e);
  }

  /** e^(−a x²) for a power of two a and |x| ≤ 15. */
  protected float gaussian(float x, float a) {
    float square = x * x;
    float low = fma(x, x, -square);
    return expOfSum(square * -a, low * -a);
  }

  /** Φ(x), with the rounding error of erfc's argument put back. */
  protected float normalCdf(float x) {
    float t = clamp(x, NORMAL_LIMIT);
    float high = -t * ROOT_HALF;
    float low = fma(-t, ROOT_HALF, -high) - t * ROOT_HALF_LOW;
    return 0.5f * fma(-TWO_INV_SQRT_PI * low, gaussian(high, 1f), erfc(high));
  }

  /** x without what makes x · gate(x) overflow to NaN. */
  protected float gateArgument(float x) {
    return x < -GATE_LIMIT ? -GATE_LIMIT : x;
  }

  /** e^−|v| of v = 2 √(2/π) (x + 0.044715 x³) for |x| ≤ 12, with v in two floats. */
  protected float geluTanhExp(float x) {
    float square = x * x;
    float squareLow = fma(x, x, -square);
    float cubic = square * GELU_CUBIC;
    float cubicLow = fma(square, GELU_CUBIC, -cubic);
    float slope = cubic + GELU_LINEAR;
    float back = slope - cubic;
    float slopeLow = (cubic - (slope - back)) + (GELU_LINEAR - back);
    slopeLow = slopeLow + (fma(square, GELU_CUBIC_LOW, GELU_LINEAR_LOW) + cubicLow);
    slopeLow = fma(squareLow, GELU_CUBIC, slopeLow);
    float a = abs(x);
    float v = a * slope;
    float low = fma(a, slopeLow, fma(a, slope, -v));
    return expOfSum(-v, -low);
  }

  /** s + s (1 − s) factor for s = sigmoid(v), where v has the sign of x and z = e^−|v|. */
  protected float gateDerivative(float x, float z, float factor) {
    float r = 1f / (z + 1f);
    float zr = z * r;
    return fma(zr * r, factor, x >= 0f ? r : zr);
  }

  /** f(x). */
  protected float value(int f, float x) {
    float y = x;
    if (f == FunctionNumbers.RELU) {
      y = x <= 0f ? 0f : x;
    } else if (f == FunctionNumbers.TANH) {
      y = tanh(x);
    } else if (f == FunctionNumbers.SIGMOID) {
      y = sigmoid(x);
    } else if (f == FunctionNumbers.SWISH) {
      float c = gateArgument(x);
      y = c * sigmoid(c);
    } else if (f == FunctionNumbers.GELU_TANH) {
      float z = geluTanhExp(clamp(x, GELU_TANH_LIMIT));
      y = gateArgument(x) * ((x >= 0f ? 1f : z) / (z + 1f));
    } else if (f == FunctionNumbers.GELU) {
      float c = gateArgument(x);
      y = c * normalCdf(c);
    } else if (f == FunctionNumbers.SOFTPLUS) {
      y = softplus(x);
    } else if (f == FunctionNumbers.EXP) {
      y = exp(x);
    } else if (f == FunctionNumbers.LOG) {
      y = log(x);
    } else if (f == FunctionNumbers.SQUARE) {
      y = x * x;
    } else if (f == FunctionNumbers.SQRT) {
      y = sqrt(x);
    } else if (f == FunctionNumbers.ERF) {
      y = erf(x);
    } else if (f == FunctionNumbers.SIN) {
      y = sin(x);
    } else if (f == FunctionNumbers.COS) {
      y = cos(x);
    }
    return y;
  }

  /** f′(x), given y = f(x). */
  protected float derivative(int f, float x, float y) {
    float d = 1f;
    if (f == FunctionNumbers.TANH) {
      d = 1f - y * y;
    } else if (f == FunctionNumbers.SIGMOID) {
      d = y * (1f - y);
    } else if (f == FunctionNumbers.SWISH) {
      float c = clamp(x, GATE_LIMIT);
      d = gateDerivative(c, exp(-abs(c)), c);
    } else if (f == FunctionNumbers.GELU_TANH) {
      float c = clamp(x, GELU_TANH_LIMIT);
      float slope = fma(c * c, 3f * GELU_CUBIC, GELU_LINEAR);
      d = gateDerivative(c, geluTanhExp(c), c * slope);
    } else if (f == FunctionNumbers.GELU) {
      float c = clamp(x, NORMAL_LIMIT);
      d = fma(c, gaussian(c, 0.5f) * INV_SQRT_2PI, normalCdf(c));
    } else if (f == FunctionNumbers.SOFTPLUS) {
      d = sigmoid(x);
    } else if (f == FunctionNumbers.EXP) {
      d = y;
    } else if (f == FunctionNumbers.LOG) {
      d = 1f / x;
    } else if (f == FunctionNumbers.SQUARE) {
      d = x + x;
    } else if (f == FunctionNumbers.SQRT) {
      d = 0.5f / y;
    } else if (f == FunctionNumbers.ERF) {
      d = gaussian(clamp(x, NORMAL_LIMIT), 1f) * TWO_INV_SQRT_PI;
    } else if (f == FunctionNumbers.SIN) {
      d = cos(x);
    } else if (f == FunctionNumbers.COS) {
      d = -sin(x);
    }
    return d;
  }

  /** dy f′(x); ReLU passes nothing on where x ≤ 0, even if dy is infinite. */
  protected float pullback(int f, float x, float y, float dy) {
    float d = 0f;
    if (f == FunctionNumbers.RELU) {
      d = x > 0f ? dy : 0f;
    } else {
      d = dy * derivative(f, x, y);
    }
    return d;
  }
}
