package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/** Standard deviations of variational factors and their derivatives, as a loop of its own. */
final class SimdScale {

  private static final float LOG2_E = 1.442695f;

  /** Added and subtracted, it rounds small floats to integers. */
  private static final float ROUNDER = 0x1.8p23f;

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
    for (int i = 0; i < count; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOAT, rho, offset + i);
      r = r.blend(VariationalKernels.RHO_MIN, r.compare(LT, VariationalKernels.RHO_MIN));
      VectorMask<Float> negative = r.compare(LT, 0f);
      // z = exp(−|ρ|) = 2ⁿ exp(rest); below exp(−83) it no longer matters beside 1.
      FloatVector power = r.abs().neg();
      power = power.blend(-83f, power.compare(LT, -83f));
      FloatVector rounded = power.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, ROUNDER));
      FloatVector n = rounded.sub(ROUNDER);
      FloatVector rest = n.fma(broadcast(FLOAT, -0.6933594f), power);
      rest = n.fma(broadcast(FLOAT, 0.00021219444f), rest);
      FloatVector p = rest.fma(broadcast(FLOAT, 0.0013941108f), broadcast(FLOAT, 0.008363175f));
      p = p.fma(rest, broadcast(FLOAT, 0.041666374f)).fma(rest, broadcast(FLOAT, 0.16666576f));
      p = p.fma(rest, broadcast(FLOAT, 0.5f)).fma(rest, broadcast(FLOAT, 1f));
      p = p.fma(rest, broadcast(FLOAT, 1f));
      // The low bits of the rounded sum are n; they go to the exponent.
      IntVector exponent = rounded.reinterpretAsInts().lanewise(LSHL, 23).add(0x3F800000);
      FloatVector z = p.mul(exponent.reinterpretAsFloats());
      // ln(1 + z) = 2 artanh(z / (2 + z)); one division for this quotient and 1 / (1 + z).
      FloatVector one = z.add(1f);
      FloatVector two = z.add(2f);
      FloatVector inverse = broadcast(FLOAT, 1f).div(one.mul(two));
      FloatVector s = z.mul(one).mul(inverse);
      FloatVector t = s.mul(s);
      FloatVector a = t.fma(broadcast(FLOAT, 0.2819155f), broadcast(FLOAT, 0.27957666f));
      a = a.fma(t, broadcast(FLOAT, 0.40025115f)).fma(t, broadcast(FLOAT, 0.6666631f));
      a = a.fma(t, broadcast(FLOAT, 2f));
      a.fma(s, r.blend(0f, negative)).intoArray(sigma, i);
      broadcast(FLOAT, 1f).blend(z, negative).mul(two.mul(inverse)).intoArray(slope, i);
    }
  }
}
