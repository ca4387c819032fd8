package io.github.bmr4j.engine.distribution;

/**
 * Divergences of a normal posterior from a spike-and-slab prior, all in nats, and the posterior
 * probabilities of the indicator γ that belong to them.
 *
 * <p><b>Marginal</b>: KL(q(w) ‖ π N₁ + (1 − π) N₀), with γ summed out. Since it equals KL(q(w)
 * p(γ|w) ‖ p(w, γ)), what is inferred of γ is P(γ = 1) = E_q[r(w)], r the responsibility.
 *
 * <p><b>Collapsed</b>: min over φ of KL(Bern(φ) ‖ Bern(π)) + φ KL₁ + (1 − φ) KL₀ for q(w) q(γ),
 * which is −ln(π e^(−KL₁) + (1 − π) e^(−KL₀)) at φ = logistic(logit π + KL₀ − KL₁), KL₁ and KL₀
 * being those from slab and spike. Never below the marginal one. A group of weights that share one
 * γ sums KL₁ and KL₀ first.
 */
public final class MixtureDivergence {

  private MixtureDivergence() {}

  /**
   * The marginal divergence, by quadrature; absolute error below 1e-10.
   *
   * @param q posterior
   * @param p prior
   */
  public static double marginal(Normal q, ScaleMixture p) {
    return -q.entropy() - MixtureExpectation.of(q, p, p::logDensity);
  }

  /**
   * E_q[r(w)], by quadrature; absolute error below 1e-11.
   *
   * @param q posterior
   * @param p prior
   */
  public static double expectedResponsibility(Normal q, ScaleMixture p) {
    return MixtureExpectation.of(q, p, p::responsibility);
  }

  /**
   * The collapsed divergence.
   *
   * @param q posterior
   * @param p prior
   */
  public static double collapsed(Normal q, ScaleMixture p) {
    return collapsed(
        KullbackLeibler.divergence(q, p.slabComponent()),
        KullbackLeibler.divergence(q, p.spikeComponent()),
        p.inclusion());
  }

  /**
   * The collapsed divergence of a group with one γ.
   *
   * @param slab Σ KL₁
   * @param spike Σ KL₀
   * @param inclusion π
   */
  public static double collapsed(double slab, double spike, double inclusion) {
    double inSlab = Math.log(inclusion) - slab;
    double inSpike = Math.log1p(-inclusion) - spike;
    double larger = Math.max(inSlab, inSpike);
    return -larger - Math.log1p(Math.exp(Math.min(inSlab, inSpike) - larger));
  }

  /**
   * logit φ = logit π + KL₀ − KL₁.
   *
   * @param q posterior
   * @param p prior
   */
  public static double inclusionLogit(Normal q, ScaleMixture p) {
    double square = q.location() * q.location() + q.variance();
    return p.logitAtZero() + p.logitSlope() * square;
  }

  /**
   * ∂/∂μ of the collapsed divergence: λμ with λ = φ/s₁² + (1 − φ)/s₀², the precision that the prior
   * has on average.
   *
   * @param q posterior
   * @param p prior
   */
  public static double collapsedByLocation(Normal q, ScaleMixture p) {
    return expectedPrecision(q, p) * q.location();
  }

  /**
   * ∂/∂σ of the collapsed divergence: λσ − 1/σ.
   *
   * @param q posterior
   * @param p prior
   */
  public static double collapsedByScale(Normal q, ScaleMixture p) {
    return expectedPrecision(q, p) * q.scale() - 1 / q.scale();
  }

  private static double expectedPrecision(Normal q, ScaleMixture p) {
    double phi = SpecialFunctions.logistic(inclusionLogit(q, p));
    double remainder = SpecialFunctions.logistic(-inclusionLogit(q, p));
    return phi / (p.slab() * p.slab()) + remainder / (p.spike() * p.spike());
  }
}
