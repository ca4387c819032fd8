package io.github.bmr4j.engine.inference;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;

/**
 * The update of weights that were seen through their {@link Moments} and have a {@link WeightPrior}
 * in place of N(0, v): several passes instead of one, since the prior computes its gradient by
 * itself.
 */
final class PriorUpdate {

  private final MeanFieldNormal latent;
  private final Slice scaled;
  private final Slice meanGradient;
  private final Slice rhoGradient;
  private final NormalFactors scaledFactors;

  PriorUpdate(MeanFieldNormal latent) {
    this.latent = latent;
    scaled = latent.allocate(latent.size());
    meanGradient = latent.allocate(latent.size());
    rhoGradient = latent.allocate(latent.size());
    scaledFactors = inPlaceOfMeans(scaled);
  }

  /** Anything in the place of the means, for the kernel that computes s γ μ. */
  static NormalFactors inPlaceOfMeans(Slice x) {
    return new NormalFactors(x, x, x, x, x, x);
  }

  /**
   * ∂μ = s γ ∂m and ∂σ = 2 s γ (s γ σ) ∂v, weighted, with the divergence's share; then a step.
   *
   * @param byMean ∂m, as factors
   * @param byVariance ∂v
   * @param deviations σ; lost
   * @param scale s; null for 1
   * @param step weights of likelihood and divergence
   * @param rule the optimiser's step
   */
  void update(
      NormalFactors byMean,
      Slice byVariance,
      Slice deviations,
      Slice scale,
      VariationalStep step,
      UpdateRule rule) {
    Backend backend = latent.backend();
    ElementwiseKernels arithmetic = backend.elementwise();
    NormalFactors q = latent.factors();

    backend.variational().mean(byMean, scale, latent.mask(), meanGradient);
    arithmetic.scale(step.likelihoodWeight, meanGradient, meanGradient);

    arithmetic.copy(deviations, scaled);
    backend.variational().mean(scaledFactors, scale, latent.mask(), rhoGradient);
    arithmetic.multiply(byVariance, rhoGradient, scaled);
    backend.variational().mean(scaledFactors, scale, latent.mask(), rhoGradient);
    arithmetic.scale(2 * step.likelihoodWeight, rhoGradient, rhoGradient);

    latent
        .prior()
        .addDivergenceGradient(step.klWeight, q.mean(), deviations, meanGradient, rhoGradient);
    latent.throughParameterization(deviations, rhoGradient);

    backend
        .variational()
        .updatePoint(q.mean(), meanGradient, q.meanMoment1(), q.meanMoment2(), 1, rule);
    backend
        .variational()
        .updatePoint(q.rho(), rhoGradient, q.rhoMoment1(), q.rhoMoment2(), 1, rule);
  }
}
