package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.FloatMath.*;
import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/** The loops of {@link UpdateRule.Kind#IVON} over one block of factors in the first-level cache. */
final class SimdIvon {

  /** From this σ on, ln(e^σ − 1) is σ in float. */
  private static final float LARGE = 20f;

  private SimdIvon() {}

  /**
   * Mean, first moment and curvature of {@code count} factors, and their new σ into {@code sigma}.
   *
   * @param weight factor of the gradient: the likelihood's weight times s
   * @param klWeight 1/λ
   * @param precision of the prior; δ is klWeight · precision
   * @param noise ε of the draw
   * @param sigma σ of the draw; overwritten
   */
  static void step(
      UpdateRule rule,
      float[] gradient,
      int g,
      float[] mask,
      int k,
      float weight,
      float klWeight,
      float precision,
      float[] noise,
      float[] sigma,
      int count,
      float[] mean,
      int p,
      float[] moment,
      int m,
      float[] curvature,
      int c) {
    float keep = rule.beta1;
    float take = 1 - rule.beta1;
    float decay = 1 - rule.beta2;
    float correction = rule.correction1();
    float minusRate = -rule.learningRate();
    float delta = klWeight * precision;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = fromArray(FLOAT, mask, k + i).mul(weight);
      x = x.mul(fromArray(FLOAT, gradient, g + i));
      FloatVector estimate = x.mul(fromArray(FLOAT, noise, i)).div(fromArray(FLOAT, sigma, i));
      FloatVector h = fromArray(FLOAT, curvature, c + i);
      FloatVector change = estimate.sub(h).mul(decay);
      // The quadratic term keeps h + δ positive, whatever the estimate.
      FloatVector bend = change.mul(change).mul(0.5f).div(h.add(delta));
      h = h.add(change.add(bend));
      FloatVector whole = h.add(delta);
      FloatVector m1 = fromArray(FLOAT, moment, m + i).mul(keep);
      m1 = x.fma(broadcast(FLOAT, take), m1);
      FloatVector mu = fromArray(FLOAT, mean, p + i);
      FloatVector slope = mu.fma(broadcast(FLOAT, delta), m1.mul(correction));
      FloatVector moved = slope.div(whole).fma(broadcast(FLOAT, minusRate), mu);
      h.intoArray(curvature, c + i);
      m1.intoArray(moment, m + i);
      moved.intoArray(mean, p + i);
      broadcast(FLOAT, klWeight).div(whole).sqrt().intoArray(sigma, i);
    }
  }

  /** ρ = softplus⁻¹(σ) = ln(e^σ − 1); both arrays of scratch memory are overwritten. */
  static void rho(float[] sigma, int count, float[] growth, float[] logs, float[] rho, int r) {
    expm1(sigma, count, growth);
    VectorMath.log(growth, logs, count);
    for (int i = 0; i < count; i += LANES) {
      FloatVector s = fromArray(FLOAT, sigma, i);
      VectorMask<Float> large = s.compare(GT, LARGE);
      fromArray(FLOAT, logs, i).blend(s, large).intoArray(rho, r + i);
    }
  }

  /** y = eˣ − 1 for 0 ≤ x ≤ {@link #LARGE}; larger x count as that. */
  private static void expm1(float[] x, int count, float[] y) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector a = fromArray(FLOAT, x, i);
      a = a.blend(LARGE, a.compare(GT, LARGE));
      FloatVector t = a.fma(broadcast(FLOAT, LOG2_E), broadcast(FLOAT, MAGIC));
      FloatVector n = t.sub(MAGIC);
      FloatVector r = n.fma(broadcast(FLOAT, -LN2_HIGH), a);
      r = n.fma(broadcast(FLOAT, -LN2_LOW), r);
      FloatVector e = r.fma(broadcast(FLOAT, EXPM4), broadcast(FLOAT, EXPM3));
      e = e.fma(r, broadcast(FLOAT, EXPM2)).fma(r, broadcast(FLOAT, EXPM1));
      e = e.fma(r, broadcast(FLOAT, EXPM0)).fma(r.mul(r), r);
      IntVector exponent = t.reinterpretAsInts().sub(MAGIC_BITS).add(127).lanewise(LSHL, 23);
      FloatVector s = exponent.reinterpretAsFloats();
      s.fma(e, s.sub(1f)).intoArray(y, i);
    }
  }
}
