package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.SpecialFunctions;

/**
 * Reduction of Bayesian linear regression with unknown noise: posterior w | τ ~ N(μ, (τP)⁻¹), τ ~
 * Gamma(shape a, rate b); prior w | τ ~ N(0, I/τ), reduced prior w | τ ~ N(0, diag(γ²)/τ).
 *
 * <pre>
 *   ΔF = ½ [ln|P| − ln|K|] + a (ln b − ln b̃),   b̃ = b + ½ (μ − μ̃)ᵀPμ,   ã = a
 * </pre>
 *
 * with K and μ̃ of {@link FullCovarianceReduction} at σ² = 1; the greedy search is that of the code
 * that goes with Marković, Friston and Kiebel, arXiv 2309.12095.
 *
 * @param deltaF ln p̃(D) − ln p(D), in nats
 * @param reducedMean μ̃, [n]
 * @param shape a, which the reduction does not change
 * @param reducedRate b̃
 */
public record NormalGammaReduction(
    double deltaF, double[] reducedMean, double shape, double reducedRate) {

  /**
   * The greedy search for coefficients to remove.
   *
   * @param sweeps passes over all coefficients, at least one
   * @param inclusion the prior probability at the start that a coefficient stays, in (0, 1)
   */
  public record Greedy(int sweeps, double inclusion) {

    /** Eight passes from even odds; another example of the authors makes two. */
    public static final Greedy PUBLISHED = new Greedy(8, 0.5);

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if there is no pass or the probability is not in (0, 1)
     */
    public Greedy {
      if (sweeps < 1) {
        throw new IllegalArgumentException(
            "The greedy search needs at least one sweep, but sweeps = " + sweeps);
      }
      if (!(inclusion > 0 && inclusion < 1)) {
        throw new IllegalArgumentException(
            "The greedy search needs an inclusion probability strictly between 0 and 1, but"
                + " inclusion = "
                + inclusion);
      }
    }
  }

  /**
   * What the greedy search found.
   *
   * @param active which coefficients stay, [n]
   * @param inclusion the last probability of inclusion
   * @param reduction the reduction with γ² = 0 for all that went and γ² = 1 for the others
   */
  public record Selection(boolean[] active, double inclusion, NormalGammaReduction reduction) {}

  /**
   * Reduces a posterior.
   *
   * @param mean μ, [n]
   * @param precision P, [n, n], symmetric positive definite
   * @param shape a, positive
   * @param rate b, positive
   * @param reducedVariance γ², [n], zero or positive
   * @return ΔF and the reduced posterior
   * @throws IllegalArgumentException if a shape or domain is wrong, the reduced precision is not
   *     positive definite, or b̃ is not positive (both only where some γ² &gt; 1)
   */
  public static NormalGammaReduction of(
      double[] mean, double[][] precision, double shape, double rate, double[] reducedVariance) {
    ReductionArguments.positive("shape", shape);
    ReductionArguments.positive("rate", rate);
    double[] unit = ReductionArguments.repeated(1, mean.length);
    FullCovarianceReduction gaussian =
        FullCovarianceReduction.of(mean, precision, reducedVariance, unit);
    double increase = 0.5 * gaussian.quadratic();
    ReductionArguments.positive("The reduced rate", rate + increase);
    return new NormalGammaReduction(
        0.5 * gaussian.logDeterminants() - shape * Math.log1p(increase / rate),
        gaussian.reducedMean(),
        shape,
        rate + increase);
  }

  /**
   * Removes coefficients one at a time as long as the evidence pays for it: a coefficient goes if
   * ΔF then is at least the best ΔF so far plus the prior log odds logit(p) of staying. After every
   * pass p = (n + ½)/(N + 1) for the n of N coefficients that stayed: its posterior mean under
   * Jeffreys' prior Beta(½, ½), always between 0 and 1. A coefficient that went does not come back,
   * and the result depends on the order of the coefficients.
   *
   * @param mean μ, [n]
   * @param precision P, [n, n], symmetric positive definite
   * @param shape a, positive
   * @param rate b, positive
   * @param config the settings
   * @return what stays, and the reduction that this is
   * @throws IllegalArgumentException as {@link #of}
   */
  public static Selection greedy(
      double[] mean, double[][] precision, double shape, double rate, Greedy config) {
    int n = mean.length;
    double[] variance = ReductionArguments.repeated(1, n);
    NormalGammaReduction best = of(mean, precision, shape, rate, variance);
    double inclusion = config.inclusion();
    int remaining = n;
    for (int sweep = 0; sweep < config.sweeps(); sweep++) {
      double odds = SpecialFunctions.logit(inclusion);
      for (int i = 0; i < n; i++) {
        if (variance[i] == 0) {
          continue;
        }
        variance[i] = 0;
        NormalGammaReduction without = of(mean, precision, shape, rate, variance);
        if (without.deltaF() >= best.deltaF() + odds) {
          best = without;
          remaining--;
        } else {
          variance[i] = 1;
        }
      }
      inclusion = (remaining + 0.5) / (n + 1);
    }
    boolean[] active = new boolean[n];
    for (int i = 0; i < n; i++) {
      active[i] = variance[i] != 0;
    }
    return new Selection(active, inclusion, best);
  }
}
