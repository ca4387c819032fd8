package io.github.bmr4j.kernels;

/**
 * The passes of stochastic variational inference over all weights: sampling before the forward
 * pass, and one fused pass after the backward pass that draws the same noise again instead of
 * having kept it.
 *
 * <p>A factor's sample is b = μ + σ ε with σ = softplus(ρ) and ε the normal noise of {@link
 * NoiseKernels#normal}; the network sees w = s γ b with s one scale for the whole slice (the
 * non-centred layer scale) and γ one factor for each weight (the mask of model reduction: 1 while a
 * weight is active).
 *
 * <p>ρ counts as {@link #RHO_MIN} where it is less, so that neither σ nor σ² is ever 0 in float and
 * the entropy still drives ρ back up.
 */
public interface VariationalKernels {

  /** The least ρ: σ is 4.2e-18 there. */
  float RHO_MIN = -40;

  /**
   * Draws w = s γ (μ + softplus(ρ) ε).
   *
   * @param q the factors
   * @param scale s, one element; null for 1
   * @param mask γ, one element a factor; null for all 1
   * @param seed the run's seed
   * @param stream the noise stream of these factors
   * @param step which draw
   * @param out w
   */
  void sample(
      NormalFactors q, Slice scale, Slice mask, long seed, int stream, long step, Slice out);

  /**
   * The deterministic network: w = s γ μ.
   *
   * @param q the factors
   * @param scale s, one element; null for 1
   * @param mask γ; null for all 1
   * @param out w
   */
  void mean(NormalFactors q, Slice scale, Slice mask, Slice out);

  /**
   * What a network sees that draws no weights: their means m = s γ μ and variances (s γ σ)².
   *
   * @param q the factors
   * @param scale s, one element; null for 1
   * @param mask γ; null for all 1
   * @param rhoIsVariance whether softplus(ρ) is σ² instead of σ
   * @param means m
   * @param variances (s γ σ)²
   */
  void moments(
      NormalFactors q,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      Slice means,
      Slice variances);

  /**
   * One update of all factors. With g = likelihoodWeight · s γ · gradient, the gradients are ∂μ = g
   * + klWeight · ∂D/∂μ and ∂ρ = (g ε + klWeight · ∂D/∂σ) · sigmoid(ρ); they go through the rule
   * into the moments and on to μ and ρ. For the analytic divergence from N(0, v): ∂D/∂μ = μ/v,
   * ∂D/∂σ = σ/v − 1/σ; for the sampled one: b/v and b ε/v − 1/σ. {@link UpdateRule.Kind#IVON} takes
   * g and its estimate g ε/σ of the curvature instead, and has the divergence in closed form.
   *
   * @param q the factors, changed in place
   * @param gradient ∂(−ln p(batch))/∂w, as the backward pass left it
   * @param scale s as it was at sampling; null for 1
   * @param mask γ; null for all 1
   * @param step weights, prior and noise coordinates
   * @param rule the optimiser's step
   */
  void update(
      NormalFactors q,
      Slice gradient,
      Slice scale,
      Slice mask,
      VariationalStep step,
      UpdateRule rule);

  /**
   * One update of all factors of which the network saw not a draw but mean m = s γ μ and variance
   * (s γ σ)². With t = likelihoodWeight · s γ, ∂μ = t ∂m + klWeight · μ/v and ∂σ = 2 t s γ σ ∂(s γ
   * σ)² + klWeight · (σ/v − 1/σ), the divergence in closed form; then on as in {@link #update}.
   *
   * @param q the factors, changed in place; not by IVON
   * @param byMean ∂m: ∂(−ln p(batch)) by each mean
   * @param byVariance the same by each variance
   * @param scale s as it was then; null for 1
   * @param mask γ; null for all 1
   * @param rhoIsVariance whether softplus(ρ) is σ² instead of σ
   * @param step weights and prior
   * @param rule the optimiser's step
   */
  void updateByMoments(
      NormalFactors q,
      Slice byMean,
      Slice byVariance,
      Slice scale,
      Slice mask,
      boolean rhoIsVariance,
      VariationalStep step,
      UpdateRule rule);

  /**
   * The gradients that the optimiser takes where u = ln x has the posterior N(μ, softplus(ρ)²) and
   * x the prior Gamma(shape, rate): with g = likelihoodWeight · gradient and ε = (u − μ)/σ, ∂μ = g
   * + klWeight · (rate e^u − shape) and ∂ρ = (g ε + klWeight · ((rate e^u − shape) ε − 1/σ)) ·
   * sigmoid(ρ); for the analytic divergence e^u is replaced by its mean e^(μ + σ²/2), which σ then
   * multiplies in place of ε: rate e^(μ + σ²/2) σ − 1/σ.
   *
   * @param mean μ
   * @param rho ρ
   * @param drawn u
   * @param gradient ∂(−ln p(batch))/∂u
   * @param shape of the prior, positive
   * @param rate of the prior, positive
   * @param step weights and form of the divergence
   * @param byMean ∂μ; memory of its own
   * @param byRho ∂ρ; memory of its own
   */
  void logNormalGradients(
      Slice mean,
      Slice rho,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      Slice byMean,
      Slice byRho);

  /**
   * The gradient of the same quantity as a point: ∂(−ln p(batch) − klWeight/likelihoodWeight · ln
   * p(x)) by u, where p(x) is the density of x itself, without the Jacobian of u: ∂μ =
   * likelihoodWeight · gradient + klWeight · (rate e^μ − (shape − 1)).
   *
   * @param mean μ = u
   * @param gradient ∂(−ln p(batch))/∂u
   * @param shape of the prior, positive
   * @param rate of the prior, positive
   * @param step weights
   * @param byMean ∂μ; memory of its own
   */
  void logNormalPointGradient(
      Slice mean, Slice gradient, double shape, double rate, VariationalStep step, Slice byMean);

  /**
   * One update by {@link UpdateRule.Kind#IVON} of such factors. The prior is not normal, so −ln
   * p(u) = rate e^u − shape · u is part of what is minimised, and δ = 0: with pull = rate e^u, or
   * its mean rate e^(μ + σ²/2) for the analytic divergence, the gradient is likelihoodWeight ·
   * gradient + klWeight · (pull − shape), and the estimate of the curvature likelihoodWeight ·
   * gradient · ε/σ + klWeight · pull.
   *
   * @param q the factors, changed in place
   * @param drawn u
   * @param gradient ∂(−ln p(batch))/∂u
   * @param shape of the prior, positive
   * @param rate of the prior, positive
   * @param step weights and form of the divergence
   * @param rule the optimiser's step
   */
  void updateLogNormal(
      NormalFactors q,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      UpdateRule rule);

  /**
   * Σ KL(N(μ_i, σ_i²) ‖ N(0, v)) in nats, with σ = softplus(ρ): ½ (μ²+σ²)/v − ½ − ½ ln(σ²/v).
   *
   * @param mean μ
   * @param rho ρ
   * @param mask factors whose mask is 0 do not count; null if all do
   * @param priorVariance v, positive
   */
  double klDivergence(Slice mean, Slice rho, Slice mask, float priorVariance);

  /**
   * One optimiser step of plain parameters.
   *
   * @param parameter θ, changed in place
   * @param gradient its gradient
   * @param moment1 first moment, changed in place
   * @param moment2 second moment, changed in place
   * @param weight factor of the gradient
   * @param rule the optimiser's step
   */
  void updatePoint(
      Slice parameter, Slice gradient, Slice moment1, Slice moment2, float weight, UpdateRule rule);
}
