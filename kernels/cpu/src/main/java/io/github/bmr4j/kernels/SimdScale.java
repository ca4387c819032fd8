package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.FloatMath.*;
import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/**
 * Standard deviations of variational factors and their derivatives, with the polynomials of {@link
 * FloatMath}. Two loops, since C2 keeps the constants of one as large as both in memory.
 */
final class SimdScale {

  private static final float LN_2 = 0.6931472f;
  private static final int ONE_BITS = 0x3f800000;

  private SimdScale() {}

  /**
   * σ = softplus(ρ) and dσ/dρ = sigmoid(ρ), with ρ counted as {@link VariationalKernels#RHO_MIN} at
   * least. Relative error of both at most 2⁻²¹; NaN for NaN.
   *
   * @param rho whole vectors of numbers
   * @param offset where they start
   * @param count how many; a multiple of the lanes
   * @param sigma σ, from element 0
   * @param slope dσ/dρ, from element 0
   */
  static void of(float[] rho, int offset, int count, float[] sigma, float[] slope) {
    exponentials(rho, offset, count, sigma, slope);
    logarithms(rho, offset, count, sigma);
  }

  /** z = exp(−|ρ|) into {@code sigma}, and the slopes. */
  private static void exponentials(
      float[] rho, int offset, int count, float[] sigma, float[] slope) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOAT, rho, offset + i);
      VectorMask<Float> negative = x.compare(LT, 0f);
      // Beyond, z no longer matters beside 1, or ρ counts as −40.
      x = x.reinterpretAsInts().or(SIGN_BIT).reinterpretAsFloats();
      x = x.blend(VariationalKernels.RHO_MIN, x.compare(LT, VariationalKernels.RHO_MIN));
      FloatVector t = x.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
      FloatVector n = t.sub(MAGIC);
      FloatVector r = n.fma(broadcast(FLOAT, -LN2_HIGH), x);
      r = n.fma(broadcast(FLOAT, -LN2_LOW), r);
      FloatVector square = r.mul(r);
      FloatVector p = r.fma(broadcast(FLOAT, EXP1), broadcast(FLOAT, EXP0));
      FloatVector q = r.fma(broadcast(FLOAT, EXP3), broadcast(FLOAT, EXP2));
      p = square.fma(broadcast(FLOAT, EXP4), q).fma(square, p).fma(square, r).add(1f);
      // The low bits of the rounded sum are n; they go to the exponent.
      IntVector exponent = t.reinterpretAsInts().lanewise(LSHL, 23).add(ONE_BITS);
      FloatVector z = p.mul(exponent.reinterpretAsFloats());
      z.intoArray(sigma, i);
      broadcast(FLOAT, 1f).blend(z, negative).div(z.add(1f)).intoArray(slope, i);
    }
  }

  /** max(ρ, 0) + ln(1 + z) in place of z. */
  private static void logarithms(float[] rho, int offset, int count, float[] sigma) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector z = FloatVector.fromArray(FLOAT, sigma, i);
      FloatVector x = FloatVector.fromArray(FLOAT, rho, offset + i);
      // ln(1 + z) = ln 2 + ln(1 + (z − 1)/2)
      VectorMask<Float> large = z.compare(GT, LOG1P_LIMIT);
      FloatVector f = z.blend(z.fma(broadcast(FLOAT, 0.5f), broadcast(FLOAT, -0.5f)), large);
      FloatVector square = f.mul(f);
      FloatVector p = f.fma(broadcast(FLOAT, LOG1), broadcast(FLOAT, LOG0));
      FloatVector q = f.fma(broadcast(FLOAT, LOG3), broadcast(FLOAT, LOG2));
      FloatVector r = f.fma(broadcast(FLOAT, LOG5), broadcast(FLOAT, LOG4));
      FloatVector s = f.fma(broadcast(FLOAT, LOG7), broadcast(FLOAT, LOG6));
      p = s.fma(square, r).fma(square.mul(square), q.fma(square, p));
      p = p.fma(f, broadcast(FLOAT, -0.5f)).fma(square, f);
      p = p.add(broadcast(FLOAT, 0f).blend(LN_2, large));
      p.add(x.blend(0f, x.compare(LT, 0f))).intoArray(sigma, i);
    }
  }
}
