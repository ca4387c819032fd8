package io.github.bmr4j.engine.inference;

import io.github.bmr4j.kernels.Slice;

/**
 * A prior of the weights of a {@link MeanFieldNormal} that is not one normal for all of them. The
 * weights then are seen by a network through their {@link Moments} only.
 */
public interface WeightPrior {

  /**
   * Adds the weighted gradient of the divergence, or an unbiased estimate of it. Must not allocate.
   *
   * @param klWeight factor of the divergence
   * @param mean μ
   * @param deviations σ
   * @param meanGradient takes klWeight · ∂KL/∂μ
   * @param deviationGradient takes klWeight · ∂KL/∂σ
   */
  void addDivergenceGradient(
      float klWeight, Slice mean, Slice deviations, Slice meanGradient, Slice deviationGradient);

  /**
   * KL(q‖p) in nats.
   *
   * @param mean μ
   * @param deviations σ
   * @param mask weights with 0 do not count; null if all do
   */
  double klDivergence(Slice mean, Slice deviations, Slice mask);
}
