package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.NormalFunctions;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormal;

/**
 * Model reduction of multiplicative noise θ with a log-uniform prior on [a, b] (in ln θ) and a
 * truncated log-normal posterior (Wright, Igel and Selvan, BMRS: Bayesian model reduction for
 * structured pruning, NeurIPS 2024).
 *
 * <p>ΔF = ln p̃(D) − ln p(D) = ln E_q[p̃(θ)/p(θ)], in nats. The published forms subtract squares of
 * 4e14 from each other; these do not.
 */
public final class TruncatedLogNormalReduction {

  /**
   * What the authors' code adds to ΔF of equation (8): it leaves out the 2π of the product of two
   * normal densities. A prior log odds of as much says the same.
   */
  public static final double OMITTED_CONSTANT = 0.5 * Math.log(2 * Math.PI);

  private TruncatedLogNormalReduction() {}

  /**
   * To a reduced prior that is truncated log-normal on the same bounds (the paper's BMRS_N,
   * equation 8). With S = σ² + σ̃_p² and the product of the two normal densities N(μ̃, σ̃²), σ̃ = σ
   * σ̃_p/√S: ΔF = ln(b − a) + ln Z̃ − ln Z̃_p − ln Z − ½ ln 2πS − (μ − μ̃_p)²/2S.
   *
   * @param posterior q = LogN(μ, σ²) on [a, b]
   * @param prior p = LogU on [a, b]
   * @param reduced p̃ = LogN(μ̃_p, σ̃_p²) on [a, b]
   * @return ΔF, in nats
   * @throws IllegalArgumentException if the bounds differ
   */
  public static double deltaF(
      TruncatedLogNormal posterior, LogUniform prior, TruncatedLogNormal reduced) {
    requireBounds("posterior", posterior, prior);
    requireBounds("reduced prior", reduced, prior);
    double v = posterior.scale() * posterior.scale();
    double w = reduced.scale() * reduced.scale();
    double total = v + w;
    double root = posterior.scale() * reduced.scale() * Math.sqrt(total);
    double from =
        ((prior.lower() - reduced.location()) * v + (prior.lower() - posterior.location()) * w)
            / root;
    double to =
        ((prior.upper() - reduced.location()) * v + (prior.upper() - posterior.location()) * w)
            / root;
    double distance = posterior.location() - reduced.location();
    return Math.log(prior.width())
        + NormalFunctions.logInterval(from, to)
        - reduced.logarithm().logMass()
        - posterior.logarithm().logMass()
        - 0.5 * Math.log(2 * Math.PI * total)
        - distance / total * distance * 0.5;
  }

  /**
   * To a spike at the lower bound, the limit σ̃_p → 0 with μ̃_p = a: the ratio of the densities of
   * ln θ there (Savage and Dickey).
   *
   * @param posterior q on [a, b]
   * @param prior p = LogU on [a, b]
   * @return ΔF = ln q(ln θ = a) + ln(b − a), in nats
   * @throws IllegalArgumentException if the bounds differ
   */
  public static double spikeDeltaF(TruncatedLogNormal posterior, LogUniform prior) {
    requireBounds("posterior", posterior, prior);
    return posterior.logarithm().logDensity(prior.lower()) + Math.log(prior.width());
  }

  /**
   * To a log-uniform reduced prior on a part of the range (the paper's BMRS_U).
   *
   * @param posterior q on [a, b]
   * @param prior p = LogU on [a, b]
   * @param reduced p̃ = LogU on [a′, b′], a ≤ a′ &lt; b′ ≤ b
   * @return ΔF = ln q(a′ ≤ ln θ ≤ b′) + ln((b − a)/(b′ − a′)), in nats
   * @throws IllegalArgumentException if the posterior's bounds are others, or the reduced prior's
   *     lie outside
   */
  public static double deltaF(TruncatedLogNormal posterior, LogUniform prior, LogUniform reduced) {
    requireBounds("posterior", posterior, prior);
    if (reduced.lower() < prior.lower() || reduced.upper() > prior.upper()) {
      throw new IllegalArgumentException(
          "The reduced prior must lie within the prior, but they are " + reduced + " and " + prior);
    }
    TruncatedNormal logarithm = posterior.logarithm();
    return logarithm.logProbability(reduced.lower(), reduced.upper())
        + Math.log(prior.width() / reduced.width());
  }

  /**
   * The range of ln θ in which θ needs no more than {@code precisionBits} fractional bits and is
   * below 2^(−magnitudeBits): [−precisionBits ln 2, −magnitudeBits ln 2], the paper's p₂ and p₁.
   *
   * @param magnitudeBits p₁, at least 0
   * @param precisionBits p₂, above p₁; 23 for single precision
   */
  public static LogUniform belowPowerOfTwo(double magnitudeBits, double precisionBits) {
    return new LogUniform(-precisionBits * Math.log(2), -magnitudeBits * Math.log(2));
  }

  private static void requireBounds(String what, TruncatedLogNormal q, LogUniform prior) {
    if (q.lower() != prior.lower() || q.upper() != prior.upper()) {
      throw new IllegalArgumentException(
          "The "
              + what
              + " must have the prior's bounds ["
              + prior.lower()
              + ", "
              + prior.upper()
              + "], but has ["
              + q.lower()
              + ", "
              + q.upper()
              + "]");
    }
  }
}
