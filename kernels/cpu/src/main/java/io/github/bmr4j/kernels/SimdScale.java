package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.F2I;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** Standard deviations of variational factors and their derivatives, as a loop of its own. */
final class SimdScale {

  private static final float LOG2_E = 1.44269504f;

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
      r = r.max(VariationalKernels.RHO_MIN);
      // z = exp(−|ρ|) = 2ⁿ exp(rest); below 2⁻¹²⁰ it no longer matters beside 1.
      FloatVector power = r.abs().neg().max(-83f);
      FloatVector n = power.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, ROUNDER)).sub(ROUNDER);
      FloatVector rest = n.fma(broadcast(FLOAT, -0.693359375f), power);
      rest = n.fma(broadcast(FLOAT, 2.12194440e-4f), rest);
      FloatVector p = rest.fma(broadcast(FLOAT, 1.39411088e-3f), broadcast(FLOAT, 8.36317524e-3f));
      p = p.fma(rest, broadcast(FLOAT, 0.0416663753f)).fma(rest, broadcast(FLOAT, 0.16666577f));
      p = p.fma(rest, broadcast(FLOAT, 0.500000003f)).fma(rest, broadcast(FLOAT, 1f));
      p = p.fma(rest, broadcast(FLOAT, 1f));
      IntVector exponent = ((IntVector) n.convert(F2I, 0)).add(127).lanewise(LSHL, 23);
      FloatVector z = p.mul(exponent.reinterpretAsFloats());
      // ln(1 + z) = 2 artanh(z / (2 + z)).
      FloatVector s = z.div(z.add(2f));
      FloatVector t = s.mul(s);
      FloatVector a = t.fma(broadcast(FLOAT, 0.281915477f), broadcast(FLOAT, 0.279576657f));
      a = a.fma(t, broadcast(FLOAT, 0.400251143f)).fma(t, broadcast(FLOAT, 0.666663101f));
      a = a.fma(t, broadcast(FLOAT, 2f));
      a.fma(s, r.max(0f)).intoArray(sigma, i);
      z.blend(1f, r.compare(GE, 0f)).div(z.add(1f)).intoArray(slope, i);
    }
  }
}
