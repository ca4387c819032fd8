package io.github.bmr4j.engine.distribution;

/**
 * The divergence where prior and posterior are both mixtures of a normal and a spike exactly at
 * zero: γ ~ Bern(λ), w = γ N(0, s²) against q(γ) = Bern(φ), w = γ N(μ, σ²) (Bai, Song, Cheng 2020
 * for single weights; Jantre, Bhattacharya, Maiti 2023 for the weights of a unit, which share γ):
 * KL = KL(Bern(φ) ‖ Bern(λ)) + φ Σ KL(N(μ, σ²) ‖ N(0, s²)), in nats.
 */
public final class DiracDivergence {

  private DiracDivergence() {}

  /**
   * KL(Bern(φ) ‖ Bern(λ)).
   *
   * @param logit θ = logit φ
   * @param inclusion λ, strictly between 0 and 1
   */
  public static double bernoulli(double logit, double inclusion) {
    double phi = SpecialFunctions.logistic(logit);
    double remainder = SpecialFunctions.logistic(-logit);
    return phi * (SpecialFunctions.logLogistic(logit) - Math.log(inclusion))
        + remainder * (SpecialFunctions.logLogistic(-logit) - Math.log1p(-inclusion));
  }

  /**
   * The divergence of a group.
   *
   * @param logit θ = logit φ
   * @param inclusion λ, strictly between 0 and 1
   * @param slab Σ KL(N(μ, σ²) ‖ N(0, s²)) of the weights that share γ
   */
  public static double total(double logit, double inclusion, double slab) {
    return bernoulli(logit, inclusion) + SpecialFunctions.logistic(logit) * slab;
  }

  /**
   * ∂/∂θ = φ(1 − φ)(θ − logit λ + Σ KL).
   *
   * @param logit θ
   * @param inclusion λ
   * @param slab Σ KL
   */
  public static double byLogit(double logit, double inclusion, double slab) {
    return SpecialFunctions.logistic(logit)
        * SpecialFunctions.logistic(-logit)
        * (logit - SpecialFunctions.logit(inclusion) + slab);
  }

  /**
   * Mean and variance of γw with γ and w independent.
   *
   * @param mean φμ
   * @param variance φ(σ² + (1 − φ)μ²)
   */
  public record Moments(double mean, double variance) {}

  /**
   * The moments of a weight under the posterior, for propagation and for local reparameterisation.
   *
   * @param inclusion φ, in [0, 1]
   * @param weight N(μ, σ²)
   */
  public static Moments moments(double inclusion, Normal weight) {
    double mu = weight.location();
    return new Moments(inclusion * mu, inclusion * (weight.variance() + (1 - inclusion) * mu * mu));
  }
}
