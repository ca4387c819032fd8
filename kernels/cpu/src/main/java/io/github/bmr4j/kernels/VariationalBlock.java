package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.EQ;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The loops of {@link SimdVariationalKernels} over one block of factors that stays in the
 * first-level cache, with the scratch memory of one thread.
 *
 * <p>Each loop is a method of its own that calls nothing but the Vector API and so compiles without
 * boxing, whatever it is called from; what they hand on goes through this scratch memory. All work
 * on whole vectors; slices end where they like, so the last block goes through copies.
 */
final class VariationalBlock {

  /** Factors of one block: 2 KiB an array. */
  static final int SIZE = 512;

  private static final ThreadLocal<VariationalBlock> OF_THREAD =
      ThreadLocal.withInitial(VariationalBlock::new);

  /** In place of a mask that is not there. */
  static final float[] ONES = ones();

  final float[] noise = new float[SIZE];
  final float[] sigma = new float[SIZE];
  final float[] slope = new float[SIZE];
  final float[] byMean = new float[SIZE];
  final float[] byRho = new float[SIZE];
  final float[] lanes = new float[SimdSums.VIRTUAL_LANES];

  /** What the block has of the slices. */
  final BlockPart mean = new BlockPart();

  final BlockPart rho = new BlockPart();
  final BlockPart mask = new BlockPart();
  final BlockPart weights = new BlockPart();
  final BlockPart variances = new BlockPart();
  final BlockPart meanMoment1 = new BlockPart();
  final BlockPart meanMoment2 = new BlockPart();
  final BlockPart rhoMoment1 = new BlockPart();
  final BlockPart rhoMoment2 = new BlockPart();

  static VariationalBlock ofThread() {
    return OF_THREAD.get();
  }

  private static float[] ones() {
    float[] ones = new float[SIZE];
    Arrays.fill(ones, 1);
    return ones;
  }

  /** {@code count} rounded up to whole vectors. */
  static int whole(int count) {
    return count + LANES - 1 & -LANES;
  }

  /** Lets go of the callers' arrays. */
  void release() {
    mean.release();
    rho.release();
    mask.release();
    weights.release();
    variances.release();
    meanMoment1.release();
    meanMoment2.release();
    rhoMoment1.release();
    rhoMoment2.release();
  }

  /** The noise of the block's factors, which start at a whole group. */
  void drawNoise(long seed, int stream, long step, int from, int count) {
    int group = ScalarNoiseKernels.GROUP;
    SimdNoiseKernels.normals(
        seed, stream, step, from / group, Math.ceilDiv(count, group), noise, 0);
  }

  /** w = s γ (μ + σ ε). */
  void sample(float[] mean, int m, float scale, float[] mask, int k, int count, float[] w, int o) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector epsilon = FloatVector.fromArray(FLOAT, noise, i);
      FloatVector b =
          FloatVector.fromArray(FLOAT, sigma, i)
              .fma(epsilon, FloatVector.fromArray(FLOAT, mean, m + i));
      b.mul(FloatVector.fromArray(FLOAT, mask, k + i).mul(scale)).intoArray(w, o + i);
    }
  }

  /** w = s γ μ. */
  static void mean(
      float[] mean, int m, float scale, float[] mask, int k, int count, float[] w, int o) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector b = FloatVector.fromArray(FLOAT, mean, m + i);
      b.mul(FloatVector.fromArray(FLOAT, mask, k + i).mul(scale)).intoArray(w, o + i);
    }
  }

  /** v = (s γ)² σ², where σ may stand for σ² itself. */
  void variances(
      boolean isVariance, float scale, float[] mask, int k, int count, float[] v, int o) {
    float[] again = isVariance ? ONES : sigma;
    for (int i = 0; i < count; i += LANES) {
      FloatVector s = FloatVector.fromArray(FLOAT, sigma, i);
      FloatVector factor = FloatVector.fromArray(FLOAT, mask, k + i).mul(scale);
      s.mul(FloatVector.fromArray(FLOAT, again, i)).mul(factor.mul(factor)).intoArray(v, o + i);
    }
  }

  /**
   * The gradients of μ and ρ. Both divergences in one formula, ∂D/∂μ = (μ + sampled · σ ε)/v and
   * ∂D/∂σ = (analytic · σ + sampled · b ε)/v − 1/σ, in which a 0 or a 1 changes no bit of the rest.
   *
   * @param analytic 1 or 0
   * @param weight factor of the gradient: the likelihood's weight times s
   * @param klWeight factor of the divergence
   * @param precision 1/v
   */
  void gradients(
      float[] mean,
      int m,
      float[] gradient,
      int g,
      float[] mask,
      int k,
      int count,
      float analytic,
      float weight,
      float klWeight,
      float precision) {
    float sampled = 1 - analytic;
    float klPrecision = klWeight * precision;
    for (int i = 0; i < count; i += LANES) {
      FloatVector s = FloatVector.fromArray(FLOAT, sigma, i);
      FloatVector epsilon = FloatVector.fromArray(FLOAT, noise, i);
      FloatVector likelihood =
          FloatVector.fromArray(FLOAT, gradient, g + i)
              .mul(FloatVector.fromArray(FLOAT, mask, k + i).mul(weight));
      FloatVector part = epsilon.mul(sampled);
      FloatVector point = s.fma(part, FloatVector.fromArray(FLOAT, mean, m + i));
      point.fma(broadcast(FLOAT, klPrecision), likelihood).intoArray(byMean, i);
      FloatVector spread = s.fma(broadcast(FLOAT, analytic), point.mul(part)).mul(klPrecision);
      FloatVector bySigma = spread.sub(broadcast(FLOAT, klWeight).div(s));
      likelihood
          .fma(epsilon, bySigma)
          .mul(FloatVector.fromArray(FLOAT, slope, i))
          .intoArray(byRho, i);
    }
  }

  /** σ and dσ/dρ in place of σ² and dσ²/dρ. */
  void deviationsOfVariances(int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector s = FloatVector.fromArray(FLOAT, sigma, i).sqrt();
      FloatVector half = FloatVector.fromArray(FLOAT, slope, i).mul(0.5f);
      s.intoArray(sigma, i);
      half.div(s).intoArray(slope, i);
    }
  }

  /**
   * The gradients of μ and ρ where the network saw the moments s γ μ and (s γ σ)².
   *
   * @param weight factor of both gradients: the likelihood's weight times s
   * @param scale s
   * @param klWeight factor of the divergence
   * @param precision 1/v
   */
  void momentGradients(
      float[] mean,
      int m,
      float[] gradient,
      int g,
      float[] byVariance,
      int h,
      float[] mask,
      int k,
      int count,
      float weight,
      float scale,
      float klWeight,
      float precision) {
    float klPrecision = klWeight * precision;
    for (int i = 0; i < count; i += LANES) {
      FloatVector s = FloatVector.fromArray(FLOAT, sigma, i);
      FloatVector gamma = FloatVector.fromArray(FLOAT, mask, k + i);
      FloatVector factor = gamma.mul(weight);
      FloatVector likelihood = FloatVector.fromArray(FLOAT, gradient, g + i).mul(factor);
      FloatVector.fromArray(FLOAT, mean, m + i)
          .fma(broadcast(FLOAT, klPrecision), likelihood)
          .intoArray(byMean, i);
      FloatVector spread = gamma.mul(2 * scale).mul(factor);
      spread =
          FloatVector.fromArray(FLOAT, byVariance, h + i)
              .fma(spread, broadcast(FLOAT, klPrecision));
      spread
          .mul(s)
          .sub(broadcast(FLOAT, klWeight).div(s))
          .mul(FloatVector.fromArray(FLOAT, slope, i))
          .intoArray(byRho, i);
    }
  }

  /**
   * One optimiser step of {@code count} parameters. Both rules in one formula: Adam is AdaBelief
   * without the first moment in the deviation and without ε_root.
   *
   * @param weight factor of the gradient
   */
  static void apply(
      UpdateRule rule,
      float[] gradient,
      int g,
      float weight,
      int count,
      float[] parameter,
      int p,
      float[] moment1,
      int m,
      float[] moment2,
      int n) {
    boolean belief = rule.kind == UpdateRule.Kind.ADABELIEF;
    float minusBelief = belief ? -1 : 0;
    float root = belief ? rule.epsilonRoot : 0;
    float keep1 = rule.beta1;
    float take1 = 1 - rule.beta1;
    float keep2 = rule.beta2;
    float take2 = 1 - rule.beta2;
    float rate = -rule.learningRate() * rule.correction1();
    float correction2 = rule.correction2();
    float epsilon = rule.epsilon;
    for (int i = 0; i < count; i += LANES) {
      FloatVector x = FloatVector.fromArray(FLOAT, gradient, g + i).mul(weight);
      FloatVector m1 = FloatVector.fromArray(FLOAT, moment1, m + i).mul(keep1);
      m1 = x.fma(broadcast(FLOAT, take1), m1);
      FloatVector deviation = m1.fma(broadcast(FLOAT, minusBelief), x);
      FloatVector m2 = FloatVector.fromArray(FLOAT, moment2, n + i);
      m2 = m2.fma(broadcast(FLOAT, keep2), broadcast(FLOAT, root));
      m2 = deviation.mul(deviation).fma(broadcast(FLOAT, take2), m2);
      FloatVector direction = m1.div(m2.mul(correction2).sqrt().add(epsilon));
      FloatVector moved =
          direction.fma(broadcast(FLOAT, rate), FloatVector.fromArray(FLOAT, parameter, p + i));
      m1.intoArray(moment1, m + i);
      m2.intoArray(moment2, n + i);
      moved.intoArray(parameter, p + i);
    }
  }

  /** σ/√v in place of σ. */
  void ratios(int count, float rootPrecision) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector.fromArray(FLOAT, sigma, i).mul(rootPrecision).intoArray(sigma, i);
    }
  }

  /**
   * (μ² + σ²)/v − 1 − ln(σ²/v), from the ratios and, in {@code byRho}, their logarithms; into
   * {@code byMean}; 0 for factors that are out of the model.
   */
  void divergences(float[] mean, int m, float[] mask, int k, int count, float rootPrecision) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector t = FloatVector.fromArray(FLOAT, sigma, i);
      FloatVector u = FloatVector.fromArray(FLOAT, mean, m + i).mul(rootPrecision);
      FloatVector log = FloatVector.fromArray(FLOAT, byRho, i);
      FloatVector spread = t.fma(t, broadcast(FLOAT, -1f)).sub(log.add(log));
      VectorMask<Float> out = FloatVector.fromArray(FLOAT, mask, k + i).compare(EQ, 0f);
      u.fma(u, spread).blend(0f, out).intoArray(byMean, i);
    }
  }
}
