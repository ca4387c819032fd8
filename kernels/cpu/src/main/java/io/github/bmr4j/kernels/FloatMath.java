package io.github.bmr4j.kernels;

/**
 * Elementary functions of one float in float arithmetic: the scalar twins of {@link VectorMath}.
 *
 * <p>Each method does the same operations in the same order as its vector twin, so that it gives
 * the same bits (any NaN counts as equal to any other); kernels use it for the elements that do not
 * fill a vector. The polynomials are minimax fits of the relative error (Lawson iteration), rounded
 * to float one coefficient after the other with the rest fitted again. The longer ones are summed
 * by pairs (Estrin's scheme): what limits a vector loop here is how many operations wait for one
 * another, not how many there are. Error bounds are stated in {@link VectorMath}.
 *
 * <p>{@link Math#fma} is exact but very slow where the machine has no FMA instruction; the SIMD
 * kernels are not chosen there.
 */
final class FloatMath {

  // 1.5 * 2^23: adding it rounds a float to an integer, found in the low bits of the sum.
  static final float MAGIC = 0x1.8p23f;
  static final int MAGIC_BITS = 0x4b400000;
  static final int SIGN_BIT = 0x80000000;

  static final float LOG2_E = 0x1.715476p0f;
  // ln 2 in two parts; the first has 15 bits, so that its multiples up to 150 are exact.
  static final float LN2_HIGH = 0x1.62e4p-1f;
  static final float LN2_LOW = 0x1.7f7d1cp-20f;

  /** Beyond ± this, e^x is infinite or rounds to 0. */
  static final float EXP_LIMIT = 104f;

  // (e^r - 1 - r) / r^2 for |r| <= ln(2)/2; weighted by e^r: relative error of e^r 2^-28.2.
  static final float EXP0 = 0x1.fffffcp-2f;
  static final float EXP1 = 0x1.555492p-3f;
  static final float EXP2 = 0x1.5558bp-5f;
  static final float EXP3 = 0x1.12398ep-7f;
  static final float EXP4 = 0x1.6a4d6p-10f;

  // The same weighted by e^r - 1: relative error of e^r - 1 2^-26.1.
  static final float EXPM0 = 0x1.fffffep-2f;
  static final float EXPM1 = 0x1.5554b4p-3f;
  static final float EXPM2 = 0x1.5556f2p-5f;
  static final float EXPM3 = 0x1.12254ap-7f;
  static final float EXPM4 = 0x1.6b9c68p-10f;

  // (ln(1 + f) - f + f^2/2) / f^3 for 1 + f in [sqrt(1/2), sqrt(2)]: relative error of ln 2^-27.3.
  static final float LOG0 = 0x1.555554p-2f;
  static final float LOG1 = -0x1.000228p-2f;
  static final float LOG2 = 0x1.99a02p-3f;
  static final float LOG3 = -0x1.5471f6p-3f;
  static final float LOG4 = 0x1.22d86p-3f;
  static final float LOG5 = -0x1.0d8772p-3f;
  static final float LOG6 = 0x1.05675p-3f;
  static final float LOG7 = -0x1.38c2ecp-4f;

  /** Bits of sqrt(1/2), where the mantissa's range starts. */
  static final int SQRT_HALF_BITS = 0x3f3504f3;

  static final int MANTISSA_MASK = 0x007fffff;

  /** sqrt(2) - 1, the largest f in the logarithm's polynomial. */
  static final float LOG1P_LIMIT = 0x1.a827ap-2f;

  /** Beyond ± this, tanh rounds to ±1. */
  static final float TANH_LIMIT = 10f;

  /** Where erf changes from its odd polynomial to 1 - erfc. */
  static final float ERF_SPLIT = 0x1.dbp-1f;

  /** Beyond ± this, erf rounds to ±1. */
  static final float ERF_LIMIT = 4f;

  // (erf(x)/x - 1) in s = x^2 for |x| <= 0.93: relative error of erf 2^-25.8.
  static final float ERF0 = 0x1.06eba6p-3f;
  static final float ERF1 = -0x1.8126e2p-2f;
  static final float ERF2 = 0x1.ce1986p-4f;
  static final float ERF3 = -0x1.b67c04p-6f;
  static final float ERF4 = 0x1.46d9e2p-8f;
  static final float ERF5 = -0x1.38741cp-11f;

  // ln(1 - erf(a)) for 0.92 <= a <= 4: relative error of erf 2^-29.2.
  static final float ERFC0 = -0x1.9a57aap-13f;
  static final float ERFC1 = -0x1.20af5ap0f;
  static final float ERFC2 = -0x1.463ccp-1f;
  static final float ERFC3 = -0x1.a9b424p-4f;
  static final float ERFC4 = 0x1.6c2a3ep-6f;
  static final float ERFC5 = -0x1.8ee08ap-9f;
  static final float ERFC6 = 0x1.9ae672p-13f;

  /** Beyond ± this, the normal distribution function rounds to 1 or 0. */
  static final float NORMAL_LIMIT = 14.5f;

  static final float MILLS_CENTRE = 3.5f;

  // Mills' ratio of the normal distribution: e^(t^2/2) Phi(-t) (t + 3.5) in q = (t - 3.5)/(t + 3.5)
  // for 0.7 <= t <= 14.5: relative error 2^-25.3.
  static final float MILLS0 = 0x1.7d241ap-1f;
  static final float MILLS1 = -0x1.219152p-1f;
  static final float MILLS2 = 0x1.42ffp-2f;
  static final float MILLS3 = -0x1.db5702p-4f;
  static final float MILLS4 = 0x1.1d076p-6f;
  static final float MILLS5 = 0x1.a79730p-8f;
  static final float MILLS6 = -0x1.9b27dep-9f;
  static final float MILLS7 = -0x1.9f8144p-12f;
  static final float MILLS8 = 0x1.86e1e0p-12f;

  /** Where Phi changes from its odd polynomial to Mills' ratio. */
  static final float CDF_SPLIT = 0x1.6p-1f;

  // (Phi(x) - 1/2) / x in s = x^2 for |x| <= 0.71: relative error of Phi 2^-28.2.
  static final float CDF0 = 0x1.988452p-2f;
  static final float CDF1 = -0x1.1057b2p-4f;
  static final float CDF2 = 0x1.46af6ep-7f;
  static final float CDF3 = -0x1.33ea1cp-10f;
  static final float CDF4 = 0x1.98711ep-14f;

  /** Beyond ± this, sine and cosine are those of StrictMath. */
  static final float SINE_LIMIT = 0x1p16f;

  // pi/2 in three parts, good for 2^-75 of a quarter turn.
  static final float QUARTER_HIGH = 0x1.921fb6p0f;
  static final float QUARTER_MIDDLE = -0x1.777a5cp-25f;
  static final float QUARTER_LOW = -0x1.ee59dap-50f;
  static final float TWO_OVER_PI = 0x1.45f306p-1f;

  // (sin(r) - r) / r^3 in s = r^2 for |r| <= pi/4: relative error of the sine 2^-27.9.
  static final float SINE0 = -0x1.555546p-3f;
  static final float SINE1 = 0x1.110776p-7f;
  static final float SINE2 = -0x1.9953p-13f;

  // (cos(r) - 1 + s/2) / s^2 in s = r^2: relative error of the cosine 2^-33.0.
  static final float COSINE0 = 0x1.55554ap-5f;
  static final float COSINE1 = -0x1.6c0c2ap-10f;
  static final float COSINE2 = 0x1.99e904p-16f;

  /** 1/sqrt(2 pi). */
  static final float INV_SQRT_2PI = 0x1.988454p-2f;

  /** 2/sqrt(pi). */
  static final float TWO_INV_SQRT_PI = 0x1.20dd76p0f;

  /** From -this down, x sigmoid(x) and x Phi(x) round to 0. */
  static final float GATE_LIMIT = 110f;

  /** Beyond ± this, the sigmoid inside {@link #geluTanh} is 0 or 1. */
  static final float GELU_TANH_LIMIT = 12f;

  // GELU's 2 sqrt(2/pi) and 2 sqrt(2/pi) 0.044715, each in two parts.
  static final float GELU_LINEAR = 0x1.988454p0f;
  static final float GELU_LINEAR_LOW = -0x1.857936p-25f;
  static final float GELU_CUBIC = 0x1.2444f2p-4f;
  static final float GELU_CUBIC_LOW = 0x1.49b16ap-29f;

  private FloatMath() {}

  /** eˣ. */
  static float exp(float x) {
    float c = clamp(x, EXP_LIMIT);
    float t = Math.fma(c, LOG2_E, MAGIC);
    return exp(remainder(c, t - MAGIC), t);
  }

  /** e^(x + low) for a rounding error low of x. */
  private static float expOfSum(float x, float low) {
    float c = clamp(x, EXP_LIMIT);
    float t = Math.fma(c, LOG2_E, MAGIC);
    return exp(remainder(c, t - MAGIC) + low, t);
  }

  /** x − n ln 2. */
  private static float remainder(float x, float n) {
    return Math.fma(n, -LN2_LOW, Math.fma(n, -LN2_HIGH, x));
  }

  /** 2ⁿ eʳ for |r| ≤ ½ ln 2 and t = MAGIC + n, |n| ≤ 150. */
  private static float exp(float r, float t) {
    float square = r * r;
    float p = Math.fma(r, EXP1, EXP0);
    float q = Math.fma(r, EXP3, EXP2);
    p = Math.fma(Math.fma(square, EXP4, q), square, p);
    p = Math.fma(p, square, r) + 1f;
    // 2^n in two factors: one alone would overflow, or round a subnormal result twice.
    int n = Float.floatToRawIntBits(t) - MAGIC_BITS;
    int half = n >> 1;
    return p * powerOfTwo(half) * powerOfTwo(n - half);
  }

  /** eˣ − 1 for x ≤ 88. */
  static float expm1(float x) {
    float t = Math.fma(x, LOG2_E, MAGIC);
    float r = remainder(x, t - MAGIC);
    float p = Math.fma(r, EXPM4, EXPM3);
    p = Math.fma(p, r, EXPM2);
    p = Math.fma(p, r, EXPM1);
    p = Math.fma(p, r, EXPM0);
    p = Math.fma(p, r * r, r);
    float s = powerOfTwo(Float.floatToRawIntBits(t) - MAGIC_BITS);
    return Math.fma(s, p, s - 1f);
  }

  /** Natural logarithm. */
  static float log(float x) {
    boolean subnormal = x < Float.MIN_NORMAL;
    float scaled = subnormal ? x * 0x1p23f : x;
    int i = Float.floatToRawIntBits(scaled) - SQRT_HALF_BITS;
    float m = Float.intBitsToFloat((i & MANTISSA_MASK) + SQRT_HALF_BITS);
    float e = Float.intBitsToFloat((i >> 23) + MAGIC_BITS) - (subnormal ? MAGIC + 23f : MAGIC);
    float y = logarithm(m - 1f, e);
    y = x < Float.POSITIVE_INFINITY ? y : x;
    y = x == 0f ? Float.NEGATIVE_INFINITY : y;
    return x < 0f ? Float.NaN : y;
  }

  /** ln(1 + z) for 0 ≤ z ≤ 1, with full relative accuracy for small z. */
  static float log1p(float z) {
    // ln(1 + z) = ln 2 + ln(1 + (z - 1)/2)
    boolean large = z > LOG1P_LIMIT;
    return logarithm(large ? (z - 1f) * 0.5f : z, large ? 1f : 0f);
  }

  /** e ln 2 + ln(1 + f) for 1 + f in [√½, √2]. */
  private static float logarithm(float f, float e) {
    float square = f * f;
    float p = Math.fma(f, LOG1, LOG0);
    float q = Math.fma(f, LOG3, LOG2);
    float r = Math.fma(f, LOG5, LOG4);
    float s = Math.fma(f, LOG7, LOG6);
    p = Math.fma(Math.fma(s, square, r), square * square, Math.fma(q, square, p));
    float y = Math.fma(square, Math.fma(p, f, -0.5f), e * LN2_LOW);
    return Math.fma(e, LN2_HIGH, f + y);
  }

  /** ln(1 + eˣ). */
  static float softplus(float x) {
    return (x < 0f ? 0f : x) + log1p(exp(-Math.abs(x)));
  }

  /** 1 / (1 + e⁻ˣ). */
  static float sigmoid(float x) {
    float z = exp(-Math.abs(x));
    return (x >= 0f ? 1f : z) / (z + 1f);
  }

  /** Hyperbolic tangent. */
  static float tanh(float x) {
    float a = Math.abs(x);
    a = a > TANH_LIMIT ? TANH_LIMIT : a;
    float e = expm1(a + a);
    return withSign(e / (e + 2f), x);
  }

  /** Error function. */
  static float erf(float x) {
    float s = x * x;
    float p = Math.fma(s, ERF5, ERF4);
    p = Math.fma(p, s, ERF3);
    p = Math.fma(p, s, ERF2);
    p = Math.fma(p, s, ERF1);
    p = Math.fma(p, s, ERF0);
    float inner = Math.fma(p, x, x);
    float a = Math.abs(x);
    float outer = withSign(1f - exp(logErfc(a > ERF_LIMIT ? ERF_LIMIT : a)), x);
    return a < ERF_SPLIT ? inner : outer;
  }

  /** ln(1 − erf(a)) for 0.92 ≤ a ≤ 4. */
  private static float logErfc(float a) {
    float p = Math.fma(a, ERFC6, ERFC5);
    p = Math.fma(p, a, ERFC4);
    p = Math.fma(p, a, ERFC3);
    p = Math.fma(p, a, ERFC2);
    p = Math.fma(p, a, ERFC1);
    return Math.fma(p, a, ERFC0);
  }

  /** Sine. */
  static float sin(float x) {
    return Math.abs(x) <= SINE_LIMIT ? sine(x, 0) : (float) StrictMath.sin(x);
  }

  /** Cosine. */
  static float cos(float x) {
    return Math.abs(x) <= SINE_LIMIT ? sine(x, 1) : (float) StrictMath.cos(x);
  }

  /** sin(x + quarter π/2) for |x| ≤ {@link #SINE_LIMIT}. */
  private static float sine(float x, int quarter) {
    float t = Math.fma(x, TWO_OVER_PI, MAGIC);
    float k = t - MAGIC;
    // r = x - k pi/2. The first difference is exact; of the second the rounding errors are kept,
    // since nearly all of it may cancel.
    float a = Math.fma(k, -QUARTER_HIGH, x);
    float b = k * QUARTER_MIDDLE;
    float bLow = Math.fma(k, QUARTER_MIDDLE, -b);
    float high = a - b;
    float c = high - a;
    float low = ((a - (high - c)) - (b + c)) - bLow;
    float r = high + Math.fma(k, -QUARTER_LOW, low);
    r = k == 0f ? x : r;
    float s = r * r;
    float sine = Math.fma(s, Math.fma(s, SINE2, SINE1), SINE0);
    sine = Math.fma(sine, s * r, r);
    float cosine = Math.fma(s, Math.fma(s, COSINE2, COSINE1), COSINE0);
    cosine = Math.fma(cosine, s * s, Math.fma(s, -0.5f, 1f));
    int turns = Float.floatToRawIntBits(t) + quarter;
    float y = (turns & 1) == 0 ? sine : cosine;
    return Float.intBitsToFloat(Float.floatToRawIntBits(y) ^ ((turns & 2) << 30));
  }

  /** Distribution function Φ of the standard normal distribution. */
  static float normalCdf(float x) {
    float c = clamp(x, NORMAL_LIMIT);
    return normalCdf(c, gaussian(c, 0.5f));
  }

  /** Φ(x) for |x| ≤ 14.5, given e^(−x²/2). */
  private static float normalCdf(float x, float gaussian) {
    float s = x * x;
    float p = Math.fma(s, CDF4, CDF3);
    p = Math.fma(p, s, CDF2);
    p = Math.fma(p, s, CDF1);
    p = Math.fma(p, s, CDF0);
    float inner = Math.fma(p, x, 0.5f);
    float t = Math.abs(x);
    float tail = gaussian * millsRatio(t);
    float outer = x < 0f ? tail : 1f - tail;
    return t < CDF_SPLIT ? inner : outer;
  }

  /** e^(t²/2) Φ(−t) for 0.7 ≤ t ≤ 14.5. */
  private static float millsRatio(float t) {
    float u = 1f / (t + MILLS_CENTRE);
    float q = (t - MILLS_CENTRE) * u;
    float p = Math.fma(q, MILLS8, MILLS7);
    p = Math.fma(p, q, MILLS6);
    p = Math.fma(p, q, MILLS5);
    p = Math.fma(p, q, MILLS4);
    p = Math.fma(p, q, MILLS3);
    p = Math.fma(p, q, MILLS2);
    p = Math.fma(p, q, MILLS1);
    p = Math.fma(p, q, MILLS0);
    return p * u;
  }

  /** e^(−a t²) for a power of two a, with the rounding error of t² put back; t finite. */
  static float gaussian(float t, float a) {
    float high = t * t;
    float low = Math.fma(t, t, -high);
    return expOfSum(high * -a, low * -a);
  }

  /** x sigmoid(x). */
  static float swish(float x) {
    float c = x < -GATE_LIMIT ? -GATE_LIMIT : x;
    return c * sigmoid(c);
  }

  /** x Φ(x). */
  static float gelu(float x) {
    float c = x < -GATE_LIMIT ? -GATE_LIMIT : x;
    return c * normalCdf(c);
  }

  /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  static float geluTanh(float x) {
    float c = x < -GATE_LIMIT ? -GATE_LIMIT : x;
    float z = geluTanhExp(clamp(x, GELU_TANH_LIMIT));
    return c * ((x >= 0f ? 1f : z) / (z + 1f));
  }

  /** e^−|v| of v = 2 √(2/π) (x + 0.044715 x³) for |x| ≤ 12. */
  private static float geluTanhExp(float x) {
    // The argument in two floats: its rounding error alone would cost 16 ulp of the result.
    float square = x * x;
    float squareLow = Math.fma(x, x, -square);
    float cubic = square * GELU_CUBIC;
    float cubicLow = Math.fma(square, GELU_CUBIC, -cubic);
    float slope = cubic + GELU_LINEAR;
    float back = slope - cubic;
    float slopeLow = (cubic - (slope - back)) + (GELU_LINEAR - back);
    slopeLow += Math.fma(square, GELU_CUBIC_LOW, GELU_LINEAR_LOW) + cubicLow;
    slopeLow = Math.fma(squareLow, GELU_CUBIC, slopeLow);
    float a = Math.abs(x);
    float v = a * slope;
    float low = Math.fma(a, slopeLow, Math.fma(a, slope, -v));
    return expOfSum(-v, -low);
  }

  /** Derivative of {@link #swish}. */
  static float swishDerivative(float x) {
    float c = clamp(x, GATE_LIMIT);
    return gateDerivative(c, exp(-Math.abs(c)), c);
  }

  /** Derivative of {@link #gelu}. */
  static float geluDerivative(float x) {
    float c = clamp(x, NORMAL_LIMIT);
    float e = gaussian(c, 0.5f);
    return Math.fma(c, e * INV_SQRT_2PI, normalCdf(c, e));
  }

  /** Derivative of {@link #geluTanh}. */
  static float geluTanhDerivative(float x) {
    float c = clamp(x, GELU_TANH_LIMIT);
    float slope = Math.fma(c * c, 3f * GELU_CUBIC, GELU_LINEAR);
    return gateDerivative(c, geluTanhExp(c), c * slope);
  }

  /** s + s (1 − s) factor for s = sigmoid(v), where v has the sign of x and z = e^−|v|. */
  private static float gateDerivative(float x, float z, float factor) {
    float r = 1f / (z + 1f);
    float zr = z * r;
    return Math.fma(zr * r, factor, x >= 0f ? r : zr);
  }

  /** Derivative of {@link #erf}. */
  static float erfDerivative(float x) {
    return gaussian(clamp(x, NORMAL_LIMIT), 1f) * TWO_INV_SQRT_PI;
  }

  /** x within ± limit; NaN stays. */
  private static float clamp(float x, float limit) {
    float c = x > limit ? limit : x;
    return c < -limit ? -limit : c;
  }

  /** 2ⁿ for −126 ≤ n ≤ 127. */
  private static float powerOfTwo(int n) {
    return Float.intBitsToFloat((n + 127) << 23);
  }

  /** A value ≥ 0 with the sign of another. */
  private static float withSign(float magnitude, float sign) {
    return Float.intBitsToFloat(
        Float.floatToRawIntBits(magnitude) | (Float.floatToRawIntBits(sign) & SIGN_BIT));
  }
}
