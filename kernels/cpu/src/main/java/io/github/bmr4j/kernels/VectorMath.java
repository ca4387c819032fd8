package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.FloatMath.*;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * Elementary functions of a vector of floats, by polynomials of our own: faster than the ones
 * behind {@code lanewise(EXP)} and the like, and with scalar twins of the same bits in {@link
 * FloatMath}, which also holds the coefficients.
 *
 * <p>NaN gives NaN; results may be subnormal, and overflow to infinity where the true value does.
 */
final class VectorMath {

  private static final VectorSpecies<Float> SPECIES = SimdSpecies.FLOAT;

  private VectorMath() {}

  /** eˣ. */
  static FloatVector exp(FloatVector x) {
    FloatVector c = clamp(x, EXP_LIMIT);
    FloatVector t = c.fma(all(LOG2_E), all(MAGIC));
    return exp(remainder(c, t.sub(MAGIC)), t);
  }

  /** e^(x + low) for a rounding error low of x. */
  private static FloatVector expOfSum(FloatVector x, FloatVector low) {
    FloatVector c = clamp(x, EXP_LIMIT);
    FloatVector t = c.fma(all(LOG2_E), all(MAGIC));
    return exp(remainder(c, t.sub(MAGIC)).add(low), t);
  }

  /** x − n ln 2. */
  private static FloatVector remainder(FloatVector x, FloatVector n) {
    return n.fma(all(-LN2_LOW), n.fma(all(-LN2_HIGH), x));
  }

  /** 2ⁿ eʳ for |r| ≤ ½ ln 2 and t = MAGIC + n, |n| ≤ 150. */
  private static FloatVector exp(FloatVector r, FloatVector t) {
    FloatVector p = r.fma(all(EXP4), all(EXP3));
    p = p.fma(r, all(EXP2));
    p = p.fma(r, all(EXP1));
    p = p.fma(r, all(EXP0));
    p = p.fma(r.mul(r), r).add(1f);
    // 2^n in two factors: one alone would overflow, or round a subnormal result twice.
    IntVector n = t.reinterpretAsInts().sub(MAGIC_BITS);
    IntVector half = n.lanewise(ASHR, 1);
    return p.mul(powerOfTwo(half)).mul(powerOfTwo(n.sub(half)));
  }

  /** eˣ − 1 for x ≤ 88. */
  static FloatVector expm1(FloatVector x) {
    FloatVector t = x.fma(all(LOG2_E), all(MAGIC));
    FloatVector r = remainder(x, t.sub(MAGIC));
    FloatVector p = r.fma(all(EXPM4), all(EXPM3));
    p = p.fma(r, all(EXPM2));
    p = p.fma(r, all(EXPM1));
    p = p.fma(r, all(EXPM0));
    p = p.fma(r.mul(r), r);
    FloatVector s = powerOfTwo(t.reinterpretAsInts().sub(MAGIC_BITS));
    return s.fma(p, s.sub(1f));
  }

  /** Natural logarithm; −∞ at 0, NaN below. */
  static FloatVector log(FloatVector x) {
    VectorMask<Float> subnormal = x.compare(LT, Float.MIN_NORMAL);
    FloatVector scaled = x.blend(x.mul(0x1p23f), subnormal);
    IntVector i = scaled.reinterpretAsInts().sub(SQRT_HALF_BITS);
    FloatVector m = i.and(MANTISSA_MASK).add(SQRT_HALF_BITS).reinterpretAsFloats();
    FloatVector e =
        i.lanewise(ASHR, 23)
            .add(MAGIC_BITS)
            .reinterpretAsFloats()
            .sub(all(MAGIC).blend(MAGIC + 23f, subnormal));
    FloatVector y = logarithm(m.sub(1f), e);
    y = x.blend(y, x.compare(LT, Float.POSITIVE_INFINITY));
    y = y.blend(Float.NEGATIVE_INFINITY, x.compare(EQ, 0f));
    return y.blend(Float.NaN, x.compare(LT, 0f));
  }

  /** ln(1 + z) for 0 ≤ z ≤ 1, with full relative accuracy for small z. */
  static FloatVector log1p(FloatVector z) {
    // ln(1 + z) = ln 2 + ln(1 + (z - 1)/2)
    VectorMask<Float> large = z.compare(GT, LOG1P_LIMIT);
    return logarithm(z.blend(z.sub(1f).mul(0.5f), large), all(0f).blend(1f, large));
  }

  /** e ln 2 + ln(1 + f) for 1 + f in [√½, √2]. */
  private static FloatVector logarithm(FloatVector f, FloatVector e) {
    FloatVector p = f.fma(all(LOG7), all(LOG6));
    p = p.fma(f, all(LOG5));
    p = p.fma(f, all(LOG4));
    p = p.fma(f, all(LOG3));
    p = p.fma(f, all(LOG2));
    p = p.fma(f, all(LOG1));
    p = p.fma(f, all(LOG0));
    FloatVector y = f.mul(f).fma(p.fma(f, all(-0.5f)), e.mul(LN2_LOW));
    return e.fma(all(LN2_HIGH), f.add(y));
  }

  /** ln(1 + eˣ); eˣ for very negative x, down to the smallest subnormal. */
  static FloatVector softplus(FloatVector x) {
    return x.blend(0f, x.compare(LT, 0f)).add(log1p(exp(negativeMagnitude(x))));
  }

  /** 1 / (1 + e⁻ˣ), with full relative accuracy for negative x too. */
  static FloatVector sigmoid(FloatVector x) {
    FloatVector z = exp(negativeMagnitude(x));
    return z.blend(1f, x.compare(GE, 0f)).div(z.add(1f));
  }

  /** Hyperbolic tangent. */
  static FloatVector tanh(FloatVector x) {
    FloatVector a = x.abs();
    a = a.blend(TANH_LIMIT, a.compare(GT, TANH_LIMIT));
    FloatVector e = expm1(a.add(a));
    return withSign(e.div(e.add(2f)), x);
  }

  /** Error function. */
  static FloatVector erf(FloatVector x) {
    FloatVector s = x.mul(x);
    FloatVector p = s.fma(all(ERF5), all(ERF4));
    p = p.fma(s, all(ERF3));
    p = p.fma(s, all(ERF2));
    p = p.fma(s, all(ERF1));
    p = p.fma(s, all(ERF0));
    FloatVector inner = p.fma(x, x);
    FloatVector a = x.abs();
    FloatVector q = logErfc(a.blend(ERF_LIMIT, a.compare(GT, ERF_LIMIT)));
    FloatVector outer = withSign(all(1f).sub(exp(q)), x);
    return outer.blend(inner, a.compare(LT, ERF_SPLIT));
  }

  /** ln(1 − erf(a)) for 0.92 ≤ a ≤ 4. */
  private static FloatVector logErfc(FloatVector a) {
    FloatVector p = a.fma(all(ERFC6), all(ERFC5));
    p = p.fma(a, all(ERFC4));
    p = p.fma(a, all(ERFC3));
    p = p.fma(a, all(ERFC2));
    p = p.fma(a, all(ERFC1));
    return p.fma(a, all(ERFC0));
  }

  /** Distribution function Φ of the standard normal distribution. */
  static FloatVector normalCdf(FloatVector x) {
    FloatVector c = clamp(x, NORMAL_LIMIT);
    return normalCdf(c, gaussian(c, 0.5f));
  }

  /** Φ(x) for |x| ≤ 14.5, given e^(−x²/2). */
  private static FloatVector normalCdf(FloatVector x, FloatVector gaussian) {
    FloatVector s = x.mul(x);
    FloatVector p = s.fma(all(CDF4), all(CDF3));
    p = p.fma(s, all(CDF2));
    p = p.fma(s, all(CDF1));
    p = p.fma(s, all(CDF0));
    FloatVector inner = p.fma(x, all(0.5f));
    FloatVector t = x.abs();
    FloatVector tail = gaussian.mul(millsRatio(t));
    FloatVector outer = all(1f).sub(tail).blend(tail, x.compare(LT, 0f));
    return outer.blend(inner, t.compare(LT, CDF_SPLIT));
  }

  /** e^(t²/2) Φ(−t) for 0.7 ≤ t ≤ 14.5. */
  private static FloatVector millsRatio(FloatVector t) {
    FloatVector u = all(1f).div(t.add(MILLS_CENTRE));
    FloatVector q = t.sub(MILLS_CENTRE).mul(u);
    FloatVector p = q.fma(all(MILLS8), all(MILLS7));
    p = p.fma(q, all(MILLS6));
    p = p.fma(q, all(MILLS5));
    p = p.fma(q, all(MILLS4));
    p = p.fma(q, all(MILLS3));
    p = p.fma(q, all(MILLS2));
    p = p.fma(q, all(MILLS1));
    p = p.fma(q, all(MILLS0));
    return p.mul(u);
  }

  /** e^(−a t²) for a power of two a, with the rounding error of t² put back; t finite. */
  static FloatVector gaussian(FloatVector t, float a) {
    FloatVector high = t.mul(t);
    FloatVector low = t.fma(t, high.neg());
    return expOfSum(high.mul(-a), low.mul(-a));
  }

  /** x sigmoid(x). */
  static FloatVector swish(FloatVector x) {
    FloatVector c = x.blend(-GATE_LIMIT, x.compare(LT, -GATE_LIMIT));
    return c.mul(sigmoid(c));
  }

  /** x Φ(x). */
  static FloatVector gelu(FloatVector x) {
    FloatVector c = x.blend(-GATE_LIMIT, x.compare(LT, -GATE_LIMIT));
    return c.mul(normalCdf(c));
  }

  /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
  static FloatVector geluTanh(FloatVector x) {
    FloatVector c = x.blend(-GATE_LIMIT, x.compare(LT, -GATE_LIMIT));
    FloatVector z = geluTanhExp(clamp(x, GELU_TANH_LIMIT));
    return c.mul(z.blend(1f, x.compare(GE, 0f)).div(z.add(1f)));
  }

  /** e^−|v| of v = 2 √(2/π) (x + 0.044715 x³) for |x| ≤ 12. */
  private static FloatVector geluTanhExp(FloatVector x) {
    // The argument in two floats: its rounding error alone would cost 16 ulp of the result.
    FloatVector square = x.mul(x);
    FloatVector squareLow = x.fma(x, square.neg());
    FloatVector cubic = square.mul(GELU_CUBIC);
    FloatVector cubicLow = square.fma(all(GELU_CUBIC), cubic.neg());
    FloatVector slope = cubic.add(GELU_LINEAR);
    FloatVector back = slope.sub(cubic);
    FloatVector slopeLow = cubic.sub(slope.sub(back)).add(all(GELU_LINEAR).sub(back));
    slopeLow = slopeLow.add(square.fma(all(GELU_CUBIC_LOW), all(GELU_LINEAR_LOW)).add(cubicLow));
    slopeLow = squareLow.fma(all(GELU_CUBIC), slopeLow);
    FloatVector a = x.abs();
    FloatVector v = a.mul(slope);
    FloatVector low = a.fma(slopeLow, a.fma(slope, v.neg()));
    return expOfSum(v.neg(), low.neg());
  }

  /** Derivative of {@link #swish}. */
  static FloatVector swishDerivative(FloatVector x) {
    FloatVector c = clamp(x, GATE_LIMIT);
    return gateDerivative(c, exp(negativeMagnitude(c)), c);
  }

  /** Derivative of {@link #gelu}. */
  static FloatVector geluDerivative(FloatVector x) {
    FloatVector c = clamp(x, NORMAL_LIMIT);
    FloatVector e = gaussian(c, 0.5f);
    return c.fma(e.mul(INV_SQRT_2PI), normalCdf(c, e));
  }

  /** Derivative of {@link #geluTanh}. */
  static FloatVector geluTanhDerivative(FloatVector x) {
    FloatVector c = clamp(x, GELU_TANH_LIMIT);
    FloatVector slope = c.mul(c).fma(all(3f * GELU_CUBIC), all(GELU_LINEAR));
    return gateDerivative(c, geluTanhExp(c), c.mul(slope));
  }

  /** s + s (1 − s) factor for s = sigmoid(v), where v has the sign of x and z = e^−|v|. */
  private static FloatVector gateDerivative(FloatVector x, FloatVector z, FloatVector factor) {
    FloatVector r = all(1f).div(z.add(1f));
    FloatVector zr = z.mul(r);
    return zr.mul(r).fma(factor, zr.blend(r, x.compare(GE, 0f)));
  }

  /** Derivative of {@link #erf}. */
  static FloatVector erfDerivative(FloatVector x) {
    return gaussian(clamp(x, NORMAL_LIMIT), 1f).mul(TWO_INV_SQRT_PI);
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(SPECIES, value);
  }

  /** x within ± limit; NaN stays (min and max would be slower for that). */
  private static FloatVector clamp(FloatVector x, float limit) {
    FloatVector c = x.blend(limit, x.compare(GT, limit));
    return c.blend(-limit, c.compare(LT, -limit));
  }

  private static FloatVector negativeMagnitude(FloatVector x) {
    return x.reinterpretAsInts().or(SIGN_BIT).reinterpretAsFloats();
  }

  /** 2ⁿ for −126 ≤ n ≤ 127. */
  private static FloatVector powerOfTwo(IntVector n) {
    return n.add(127).lanewise(LSHL, 23).reinterpretAsFloats();
  }

  /** A value ≥ 0 with the sign of another. */
  private static FloatVector withSign(FloatVector magnitude, FloatVector sign) {
    return magnitude
        .reinterpretAsInts()
        .or(sign.reinterpretAsInts().and(SIGN_BIT))
        .reinterpretAsFloats();
  }
}
