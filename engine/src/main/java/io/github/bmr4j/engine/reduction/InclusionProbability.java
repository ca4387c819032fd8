package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.MixtureDivergence;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;

/**
 * Posterior inclusion probabilities of weights under a spike-and-slab prior, after Saha, Liu and
 * Liang 2024 (arXiv 2411.00273, abstract); the estimators are reconstructed, not quoted.
 *
 * <p>Training with the indicators γ summed out loses them; they are found again from the posterior
 * N(μ, σ²) of each weight. Logits are kept where there is a closed form, since a group's is soon
 * beyond what a probability can show. Weights of a group that share one γ have logit π plus the sum
 * of the {@linkplain #logEvidence evidence} of each.
 */
public final class InclusionProbability {

  private InclusionProbability() {}

  /** How γ is found again. */
  public enum Estimator {
    /** E_q[r(w)]: γ given w, averaged. For training with the marginal prior. */
    RAO_BLACKWELL,
    /** The optimum of q(w) q(γ). For training with the collapsed divergence. */
    MEAN_FIELD,
    /** Evidence of the spike N(0, s₀²) against the slab, by model reduction. Slab-only training. */
    MODEL_REDUCTION,
    /** Evidence of an exact zero against the slab: the same for s₀ → 0. Slab-only training. */
    SAVAGE_DICKEY
  }

  /**
   * What a weight adds to logit π of its γ, in nats; positive where the slab fits better.
   *
   * @param q posterior of the weight
   * @param p prior
   * @param estimator any but {@link Estimator#RAO_BLACKWELL}, which is no sum over weights
   * @throws IllegalArgumentException for that one, and where the reduced evidence diverges
   */
  public static double logEvidence(Normal q, ScaleMixture p, Estimator estimator) {
    double precision = 1 / q.variance();
    double slab = p.slab() * p.slab();
    return switch (estimator) {
      case MEAN_FIELD ->
          MixtureDivergence.inclusionLogit(q, p) - SpecialFunctions.logit(p.inclusion());
      case MODEL_REDUCTION ->
          -GaussianReduction.deltaF(q.location(), precision, p.spike() * p.spike(), slab);
      case SAVAGE_DICKEY -> -GaussianReduction.spikeDeltaF(q.location(), precision, slab);
      case RAO_BLACKWELL ->
          throw new IllegalArgumentException(
              "The Rao–Blackwell estimate is no sum of evidences; take probability(…)");
    };
  }

  /**
   * The inclusion probability of one weight.
   *
   * @param q posterior of the weight
   * @param p prior
   * @param estimator which
   */
  public static double probability(Normal q, ScaleMixture p, Estimator estimator) {
    return estimator == Estimator.RAO_BLACKWELL
        ? MixtureDivergence.expectedResponsibility(q, p)
        : SpecialFunctions.logistic(
            SpecialFunctions.logit(p.inclusion()) + logEvidence(q, p, estimator));
  }

  /** The probability that at least one of several independent weights is in: 1 − Π(1 − pᵢ). */
  public static double union(double[] probabilities) {
    double logNone = 0;
    for (double p : probabilities) {
      logNone += Math.log1p(-p);
    }
    return -Math.expm1(logNone);
  }
}
