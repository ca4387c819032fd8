package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.FloatMath.*;
import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.INT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * Elementary functions of blocks of floats, by polynomials of our own: faster than the ones behind
 * {@code lanewise(EXP)} and the like, and with scalar twins of the same bits in {@link FloatMath},
 * which also holds the coefficients. {@link UnaryBlock} puts the loops together.
 *
 * <p>Each method is one loop that calls nothing but the Vector API, however much shorter helpers
 * would make it. C2 always inlines that API, but not ours: once a method with all that was inlined
 * into it has grown to some 100 vector operations, it calls the next helper, vectors go to the
 * heap, and the loop is 30 times slower.
 *
 * <p>All arrays are read and written from index 0, n floats in whole vectors; an output may be an
 * input where nothing else is said. NaN gives NaN; results may be subnormal, and overflow to
 * infinity where the true value does. Bounds of the error for every float, in units in the last
 * place of the true value: exp and log 1.1, erf 1.3, sine and cosine 1.6 (beyond |x| = 2¹⁶ they are
 * {@link StrictMath}'s, rounded), softplus 2, sigmoid 2.6, tanh 2.7; and of max(|y|, 2⁻²⁰) swish
 * and GELU's tanh form 4, GELU 6. A test holds them to it; docs/benchmarks.md has the largest
 * found.
 */
final class VectorMath {

  /** Bits of the least and the greatest positive float with an exponent of its own. */
  private static final int NORMAL_MIN = 0x00800000;

  private static final int NORMAL_MAX = 0x7f7fffff;

  /** Of 86: e⁻⁸⁶ and e⁸⁶ are some e away from the limits of normal numbers. */
  private static final int MODERATE_BITS = 0x42ac0000;

  /** Of 1. */
  private static final int ONE_BITS = 0x3f800000;

  private VectorMath() {}

  /**
   * e = eᵉ. Written out twice on purpose: a method of this size C2 does not inline into its
   * callers, whose own vectors would else go to the heap.
   */
  static void exp(float[] e, int n) {
    if (!isModerate(e, n)) {
      for (int i = 0; i < n; i += LANES) {
        FloatVector x = fromArray(FLOAT, e, i);
        x = x.blend(EXP_LIMIT, x.compare(GT, EXP_LIMIT));
        x = x.blend(-EXP_LIMIT, x.compare(LT, -EXP_LIMIT));
        FloatVector t = x.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
        FloatVector k = t.sub(MAGIC);
        FloatVector r = k.fma(broadcast(FLOAT, -LN2_HIGH), x);
        r = k.fma(broadcast(FLOAT, -LN2_LOW), r);
        FloatVector square = r.mul(r);
        FloatVector p = r.fma(broadcast(FLOAT, EXP1), broadcast(FLOAT, EXP0));
        FloatVector q = r.fma(broadcast(FLOAT, EXP3), broadcast(FLOAT, EXP2));
        p = square.fma(broadcast(FLOAT, EXP4), q).fma(square, p).fma(square, r).add(1f);
        // 2^k in two factors: one alone would overflow, or round a subnormal result twice.
        IntVector whole = t.reinterpretAsInts().sub(MAGIC_BITS);
        IntVector half = whole.lanewise(ASHR, 1);
        IntVector rest = whole.sub(half);
        p = p.mul(half.add(127).lanewise(LSHL, 23).reinterpretAsFloats());
        p.mul(rest.add(127).lanewise(LSHL, 23).reinterpretAsFloats()).intoArray(e, i);
      }
      return;
    }
    // The same, bit by bit, without what extremes need.
    for (int i = 0; i < n; i += LANES) {
      FloatVector x = fromArray(FLOAT, e, i);
      FloatVector t = x.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
      FloatVector k = t.sub(MAGIC);
      FloatVector r = k.fma(broadcast(FLOAT, -LN2_HIGH), x);
      r = k.fma(broadcast(FLOAT, -LN2_LOW), r);
      FloatVector square = r.mul(r);
      FloatVector p = r.fma(broadcast(FLOAT, EXP1), broadcast(FLOAT, EXP0));
      FloatVector q = r.fma(broadcast(FLOAT, EXP3), broadcast(FLOAT, EXP2));
      p = square.fma(broadcast(FLOAT, EXP4), q).fma(square, p).fma(square, r).add(1f);
      // The low bits of t are k, and go to the exponent.
      IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23).add(ONE_BITS);
      p.mul(power.reinterpretAsFloats()).intoArray(e, i);
    }
  }

  /** Whether all exponentials are normal numbers by a wide margin. */
  private static boolean isModerate(float[] e, int n) {
    IntVector greatest = IntVector.zero(INT);
    for (int i = 0; i < n; i += LANES) {
      IntVector bits = fromArray(FLOAT, e, i).reinterpretAsInts().and(Integer.MAX_VALUE);
      greatest = greatest.lanewise(MAX, bits);
    }
    return greatest.reduceLanes(MAX) <= MODERATE_BITS;
  }

  /** e = e^(e + low), where low is a rounding error of e or 0. */
  static void expOfSum(float[] e, float[] low, int n) {
    for (int i = 0; i < n; i += LANES) {
      exp(fromArray(FLOAT, e, i), fromArray(FLOAT, low, i)).intoArray(e, i);
    }
  }

  /** The one helper: the loop calls it first, and C2 then inlines it. */
  private static FloatVector exp(FloatVector given, FloatVector low) {
    FloatVector x = given.blend(EXP_LIMIT, given.compare(GT, EXP_LIMIT));
    x = x.blend(-EXP_LIMIT, x.compare(LT, -EXP_LIMIT));
    FloatVector t = x.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
    FloatVector k = t.sub(MAGIC);
    FloatVector r = k.fma(broadcast(FLOAT, -LN2_HIGH), x);
    r = k.fma(broadcast(FLOAT, -LN2_LOW), r).add(low);
    FloatVector square = r.mul(r);
    FloatVector p = r.fma(broadcast(FLOAT, EXP1), broadcast(FLOAT, EXP0));
    FloatVector q = r.fma(broadcast(FLOAT, EXP3), broadcast(FLOAT, EXP2));
    p = square.fma(broadcast(FLOAT, EXP4), q).fma(square, p).fma(square, r).add(1f);
    // 2^k in two factors: one alone would overflow, or round a subnormal result twice.
    IntVector whole = t.reinterpretAsInts().sub(MAGIC_BITS);
    IntVector half = whole.lanewise(ASHR, 1);
    IntVector rest = whole.sub(half);
    p = p.mul(half.add(127).lanewise(LSHL, 23).reinterpretAsFloats());
    return p.mul(rest.add(127).lanewise(LSHL, 23).reinterpretAsFloats());
  }

  /** y = tanh x. */
  static void tanh(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      FloatVector a = given.abs();
      a = a.blend(TANH_LIMIT, a.compare(GT, TANH_LIMIT));
      a = a.add(a);
      // e^2|x| - 1 = 2^k (e^r - 1) + 2^k - 1
      FloatVector t = a.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
      FloatVector k = t.sub(MAGIC);
      FloatVector r = k.fma(broadcast(FLOAT, -LN2_HIGH), a);
      r = k.fma(broadcast(FLOAT, -LN2_LOW), r);
      FloatVector p = r.fma(broadcast(FLOAT, EXPM4), broadcast(FLOAT, EXPM3));
      p = p.fma(r, broadcast(FLOAT, EXPM2)).fma(r, broadcast(FLOAT, EXPM1));
      p = p.fma(r, broadcast(FLOAT, EXPM0)).fma(r.mul(r), r);
      IntVector exponent = t.reinterpretAsInts().sub(MAGIC_BITS).add(127).lanewise(LSHL, 23);
      FloatVector s = exponent.reinterpretAsFloats();
      FloatVector e = s.fma(p, s.sub(1f));
      IntVector sign = given.reinterpretAsInts().and(SIGN_BIT);
      e.div(e.add(2f)).reinterpretAsInts().or(sign).reinterpretAsFloats().intoArray(y, i);
    }
  }

  /** y = ln x; −∞ at 0, NaN below. Not in place. */
  static void log(float[] x, float[] y, int n) {
    if (!logOfNormals(x, y, n)) {
      for (int i = 0; i < n; i++) {
        int bits = Float.floatToRawIntBits(x[i]);
        if (bits < NORMAL_MIN || bits > NORMAL_MAX) {
          y[i] = FloatMath.log(x[i]);
        }
      }
    }
  }

  /** Logarithms of positive normal numbers; false if there were others. */
  private static boolean logOfNormals(float[] x, float[] y, int n) {
    IntVector least = IntVector.broadcast(INT, NORMAL_MIN);
    IntVector greatest = least;
    for (int i = 0; i < n; i += LANES) {
      IntVector bits = fromArray(FLOAT, x, i).reinterpretAsInts();
      least = least.lanewise(MIN, bits);
      greatest = greatest.lanewise(MAX, bits);
      IntVector exponent = bits.sub(SQRT_HALF_BITS).lanewise(ASHR, 23);
      FloatVector e = (FloatVector) exponent.convert(I2F, 0);
      FloatVector f = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(1f);
      FloatVector square = f.mul(f);
      FloatVector p = f.fma(broadcast(FLOAT, LOG1), broadcast(FLOAT, LOG0));
      FloatVector q = f.fma(broadcast(FLOAT, LOG3), broadcast(FLOAT, LOG2));
      FloatVector r = f.fma(broadcast(FLOAT, LOG5), broadcast(FLOAT, LOG4));
      FloatVector s = f.fma(broadcast(FLOAT, LOG7), broadcast(FLOAT, LOG6));
      p = s.fma(square, r).fma(square.mul(square), q.fma(square, p));
      p = square.fma(p.fma(f, broadcast(FLOAT, -0.5f)), e.mul(LN2_LOW));
      e.fma(broadcast(FLOAT, LN2_HIGH), f.add(p)).intoArray(y, i);
    }
    return least.reduceLanes(MIN) >= NORMAL_MIN && greatest.reduceLanes(MAX) <= NORMAL_MAX;
  }

  /** e = −|x|. */
  static void negativeMagnitude(float[] x, float[] e, int n) {
    for (int i = 0; i < n; i += LANES) {
      IntVector bits = fromArray(FLOAT, x, i).reinterpretAsInts();
      bits.or(SIGN_BIT).reinterpretAsFloats().intoArray(e, i);
    }
  }

  /** y = ln(1 + eˣ), given z = e^−|x|; eˣ for very negative x, down to the smallest subnormal. */
  static void softplus(float[] x, float[] z, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      FloatVector f = fromArray(FLOAT, z, i);
      // ln(1 + z) = ln 2 + ln(1 + (z - 1)/2)
      VectorMask<Float> large = f.compare(GT, LOG1P_LIMIT);
      f = f.blend(f.sub(1f).mul(0.5f), large);
      FloatVector e = broadcast(FLOAT, 0f).blend(1f, large);
      FloatVector square = f.mul(f);
      FloatVector p = f.fma(broadcast(FLOAT, LOG1), broadcast(FLOAT, LOG0));
      FloatVector q = f.fma(broadcast(FLOAT, LOG3), broadcast(FLOAT, LOG2));
      FloatVector r = f.fma(broadcast(FLOAT, LOG5), broadcast(FLOAT, LOG4));
      FloatVector s = f.fma(broadcast(FLOAT, LOG7), broadcast(FLOAT, LOG6));
      p = s.fma(square, r).fma(square.mul(square), q.fma(square, p));
      p = square.fma(p.fma(f, broadcast(FLOAT, -0.5f)), e.mul(LN2_LOW));
      p = e.fma(broadcast(FLOAT, LN2_HIGH), f.add(p));
      given.blend(0f, given.compare(LT, 0f)).add(p).intoArray(y, i);
    }
  }

  /** y = 1 / (1 + e⁻ᵛ), given z = e^−|v| and an x of the sign of v. */
  static void sigmoid(float[] x, float[] z, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector e = fromArray(FLOAT, z, i);
      VectorMask<Float> positive = fromArray(FLOAT, x, i).compare(GE, 0f);
      e.blend(1f, positive).div(e.add(1f)).intoArray(y, i);
    }
  }

  /**
   * y = x gate, where the gate goes to 0 for negative x so fast that large ones may as well be less
   * large: −∞ then gives 0.
   */
  static void gated(float[] x, float[] gate, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      given = given.blend(-GATE_LIMIT, given.compare(LT, -GATE_LIMIT));
      given.mul(fromArray(FLOAT, gate, i)).intoArray(y, i);
    }
  }

  /** y = s + s (1 − s) factor for s = sigmoid(v), given z = e^−|v| and an x of the sign of v. */
  static void gatedDerivative(float[] x, float[] z, float[] factor, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector e = fromArray(FLOAT, z, i);
      FloatVector r = broadcast(FLOAT, 1f).div(e.add(1f));
      FloatVector er = e.mul(r);
      FloatVector s = er.blend(r, fromArray(FLOAT, x, i).compare(GE, 0f));
      er.mul(r).fma(fromArray(FLOAT, factor, i), s).intoArray(y, i);
    }
  }

  /** y = x within ± limit. */
  static void clamp(float[] x, float limit, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector c = fromArray(FLOAT, x, i);
      c = c.blend(limit, c.compare(GT, limit));
      c.blend(-limit, c.compare(LT, -limit)).intoArray(y, i);
    }
  }

  /** e + low = −a x² for |x| ≤ 14.5 and a power of two a. */
  static void squares(float[] x, float a, float[] e, float[] low, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector c = fromArray(FLOAT, x, i);
      FloatVector square = c.mul(c);
      square.mul(-a).intoArray(e, i);
      c.fma(c, square.neg()).mul(-a).intoArray(low, i);
    }
  }

  /** y = Φ(x) for |x| ≤ 14.5, given e^(−x²/2). */
  static void normalCdf(float[] x, float[] gaussian, float[] y, int n) {
    FloatVector one = broadcast(FLOAT, 1f);
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      FloatVector s = given.mul(given);
      FloatVector p = s.fma(broadcast(FLOAT, CDF4), broadcast(FLOAT, CDF3));
      p = p.fma(s, broadcast(FLOAT, CDF2)).fma(s, broadcast(FLOAT, CDF1));
      p = p.fma(s, broadcast(FLOAT, CDF0)).fma(given, broadcast(FLOAT, 0.5f));
      FloatVector t = given.abs();
      FloatVector u = one.div(t.add(MILLS_CENTRE));
      FloatVector q = t.sub(MILLS_CENTRE).mul(u);
      FloatVector m = q.fma(broadcast(FLOAT, MILLS8), broadcast(FLOAT, MILLS7));
      m = m.fma(q, broadcast(FLOAT, MILLS6)).fma(q, broadcast(FLOAT, MILLS5));
      m = m.fma(q, broadcast(FLOAT, MILLS4)).fma(q, broadcast(FLOAT, MILLS3));
      m = m.fma(q, broadcast(FLOAT, MILLS2)).fma(q, broadcast(FLOAT, MILLS1));
      m = m.fma(q, broadcast(FLOAT, MILLS0)).mul(u);
      FloatVector tail = fromArray(FLOAT, gaussian, i).mul(m);
      FloatVector outer = one.sub(tail).blend(tail, given.compare(LT, 0f));
      outer.blend(p, t.compare(LT, CDF_SPLIT)).intoArray(y, i);
    }
  }

  /** y = Φ(x) + x φ(x), given Φ and e^(−x²/2). */
  static void geluDerivative(float[] x, float[] gaussian, float[] cdf, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector density = fromArray(FLOAT, gaussian, i).mul(INV_SQRT_2PI);
      fromArray(FLOAT, x, i).fma(density, fromArray(FLOAT, cdf, i)).intoArray(y, i);
    }
  }

  /** e + low = −|v| for v = 2 √(2/π) (x + 0.044715 x³), |x| ≤ 12. */
  static void geluTanhArgument(float[] x, float[] e, float[] low, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector a = fromArray(FLOAT, x, i).abs();
      FloatVector square = a.mul(a);
      FloatVector squareLow = a.fma(a, square.neg());
      FloatVector cubic = square.mul(GELU_CUBIC);
      FloatVector cubicLow = square.fma(broadcast(FLOAT, GELU_CUBIC), cubic.neg());
      FloatVector slope = cubic.add(GELU_LINEAR);
      FloatVector back = slope.sub(cubic);
      FloatVector linearLow = broadcast(FLOAT, GELU_LINEAR).sub(back);
      FloatVector slopeLow = cubic.sub(slope.sub(back)).add(linearLow);
      FloatVector constants =
          square.fma(broadcast(FLOAT, GELU_CUBIC_LOW), broadcast(FLOAT, GELU_LINEAR_LOW));
      slopeLow = squareLow.fma(broadcast(FLOAT, GELU_CUBIC), slopeLow.add(constants.add(cubicLow)));
      FloatVector v = a.mul(slope);
      v.neg().intoArray(e, i);
      a.fma(slopeLow, a.fma(slope, v.neg())).neg().intoArray(low, i);
    }
  }

  /** y = x dv/dx of the same v. */
  static void geluTanhFactor(float[] x, float[] y, int n) {
    FloatVector linear = broadcast(FLOAT, GELU_LINEAR);
    for (int i = 0; i < n; i += LANES) {
      FloatVector c = fromArray(FLOAT, x, i);
      c.mul(c.mul(c).fma(broadcast(FLOAT, 3f * GELU_CUBIC), linear)).intoArray(y, i);
    }
  }

  /** e = ln(1 − erf |x|), good for |x| ≥ 0.92. */
  static void logErfc(float[] x, float[] e, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector a = fromArray(FLOAT, x, i).abs();
      a = a.blend(ERF_LIMIT, a.compare(GT, ERF_LIMIT));
      FloatVector p = a.fma(broadcast(FLOAT, ERFC6), broadcast(FLOAT, ERFC5));
      p = p.fma(a, broadcast(FLOAT, ERFC4)).fma(a, broadcast(FLOAT, ERFC3));
      p = p.fma(a, broadcast(FLOAT, ERFC2)).fma(a, broadcast(FLOAT, ERFC1));
      p.fma(a, broadcast(FLOAT, ERFC0)).intoArray(e, i);
    }
  }

  /** y = erf x, given 1 − erf |x| where |x| ≥ 0.92. */
  static void erf(float[] x, float[] complement, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      FloatVector s = given.mul(given);
      FloatVector p = s.fma(broadcast(FLOAT, ERF5), broadcast(FLOAT, ERF4));
      p = p.fma(s, broadcast(FLOAT, ERF3)).fma(s, broadcast(FLOAT, ERF2));
      p = p.fma(s, broadcast(FLOAT, ERF1)).fma(s, broadcast(FLOAT, ERF0)).fma(given, given);
      IntVector sign = given.reinterpretAsInts().and(SIGN_BIT);
      FloatVector outer = broadcast(FLOAT, 1f).sub(fromArray(FLOAT, complement, i));
      outer = outer.reinterpretAsInts().or(sign).reinterpretAsFloats();
      outer.blend(p, given.abs().compare(LT, ERF_SPLIT)).intoArray(y, i);
    }
  }

  /** y = sin(x + quarter π/2) for a quarter of 0 or 1. Not in place. */
  static void sine(float[] x, int quarter, float[] y, int n) {
    if (!sineOfModerate(x, quarter, y, n)) {
      for (int i = 0; i < n; i++) {
        if (!(Math.abs(x[i]) <= SINE_LIMIT)) {
          y[i] = quarter == 0 ? FloatMath.sin(x[i]) : FloatMath.cos(x[i]);
        }
      }
    }
  }

  /** Sines of |x| ≤ {@link FloatMath#SINE_LIMIT}; false if there were others. */
  private static boolean sineOfModerate(float[] x, int quarter, float[] y, int n) {
    IntVector greatest = IntVector.zero(INT);
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      greatest = greatest.lanewise(MAX, given.abs().reinterpretAsInts());
      FloatVector t = given.fma(broadcast(FLOAT, TWO_OVER_PI), broadcast(FLOAT, MAGIC));
      FloatVector k = t.sub(MAGIC);
      // r = x - k pi/2. The first difference is exact; of the second the rounding errors are kept,
      // since nearly all of it may cancel.
      FloatVector a = k.fma(broadcast(FLOAT, -QUARTER_HIGH), given);
      FloatVector b = k.mul(QUARTER_MIDDLE);
      FloatVector bLow = k.fma(broadcast(FLOAT, QUARTER_MIDDLE), b.neg());
      FloatVector high = a.sub(b);
      FloatVector c = high.sub(a);
      FloatVector low = a.sub(high.sub(c)).sub(b.add(c)).sub(bLow);
      FloatVector r = high.add(k.fma(broadcast(FLOAT, -QUARTER_LOW), low));
      r = r.blend(given, k.compare(EQ, 0f));
      FloatVector s = r.mul(r);
      FloatVector sine = s.fma(broadcast(FLOAT, SINE2), broadcast(FLOAT, SINE1));
      sine = sine.fma(s, broadcast(FLOAT, SINE0)).fma(s.mul(r), r);
      FloatVector cosine = s.fma(broadcast(FLOAT, COSINE2), broadcast(FLOAT, COSINE1));
      FloatVector parabola = s.fma(broadcast(FLOAT, -0.5f), broadcast(FLOAT, 1f));
      cosine = cosine.fma(s, broadcast(FLOAT, COSINE0)).fma(s.mul(s), parabola);
      IntVector turns = t.reinterpretAsInts().add(quarter);
      IntVector odd = turns.lanewise(LSHL, 31).lanewise(ASHR, 31);
      IntVector even = sine.reinterpretAsInts();
      IntVector change = even.lanewise(XOR, cosine.reinterpretAsInts()).and(odd);
      IntVector sign = turns.and(2).lanewise(LSHL, 30);
      even.lanewise(XOR, change).lanewise(XOR, sign).reinterpretAsFloats().intoArray(y, i);
    }
    return greatest.reduceLanes(MAX) <= Float.floatToRawIntBits(SINE_LIMIT);
  }

  /** y = 1 − x². */
  static void oneMinusSquare(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      given.neg().fma(given, broadcast(FLOAT, 1f)).intoArray(y, i);
    }
  }

  /** y = x (1 − x). */
  static void timesComplement(float[] x, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector given = fromArray(FLOAT, x, i);
      given.mul(broadcast(FLOAT, 1f).sub(given)).intoArray(y, i);
    }
  }

  /** y = a / x. */
  static void reciprocal(float a, float[] x, float[] y, int n) {
    for (int i = 0; i < n; i += LANES) {
      broadcast(FLOAT, a).div(fromArray(FLOAT, x, i)).intoArray(y, i);
    }
  }
}
