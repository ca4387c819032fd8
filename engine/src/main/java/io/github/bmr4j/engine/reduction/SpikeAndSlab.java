package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import java.util.function.IntToDoubleFunction;

/**
 * The adaptive threshold of spike-and-slab pruning (Marković, Friston and Kiebel, arXiv
 * 2309.12095).
 *
 * <p>Each weight of a layer is active with a probability that the layer's weights share and that
 * has a Beta(α₀, β₀) prior. Given ΔF of removing each weight (in nats, positive where the evidence
 * is for removal), mean-field updates alternate between the weights and the shared probability: q =
 * σ(ζ − ΔF), α = α₀ + Σq, β = β₀ + Σ(1 − q), ζ = ψ(α) − ψ(β), from ζ = ψ(α₀) − ψ(β₀). A weight
 * stays active iff ΔF ≤ ζ, which is q ≥ ½.
 */
public final class SpikeAndSlab {

  private SpikeAndSlab() {}

  /**
   * The settings of the threshold.
   *
   * @param alpha prior count of active weights, positive
   * @param beta prior count of removed weights, positive
   * @param iterations updates of ζ, at least one
   * @param countRemovedAsSpike what a weight that is already removed counts as. False: as any
   *     other, with its present ΔF; this drifts to zero, where q = σ(ζ) supports whatever ζ is.
   *     True: as removed, q = 0, and its ΔF is not read.
   */
  public record Config(double alpha, double beta, int iterations, boolean countRemovedAsSpike) {

    /** The published rule: a uniform prior, four updates, all weights counted with their ΔF. */
    public static final Config PUBLISHED = new Config(1, 1, 4, false);

    /**
     * Checks the settings.
     *
     * @throws IllegalArgumentException if a count is not positive and finite or there is no update
     */
    public Config {
      ReductionArguments.positive("alpha", alpha);
      ReductionArguments.positive("beta", beta);
      if (iterations < 1) {
        throw new IllegalArgumentException(
            "SpikeAndSlab needs at least one iteration, but iterations = " + iterations);
      }
    }
  }

  /**
   * The threshold ζ of a layer.
   *
   * @param deltaF ΔF of removing each weight, in nats, finite
   * @param active which weights are still there, as long as deltaF
   * @param config the settings
   * @return ζ, in nats
   * @throws IllegalArgumentException if the lengths differ or a ΔF that counts is not finite
   */
  public static double threshold(float[] deltaF, boolean[] active, Config config) {
    double[] trace = trace(deltaF, active, config);
    return trace[trace.length - 1];
  }

  /**
   * As {@link #threshold(float[], boolean[], Config)}, in double precision.
   *
   * @param deltaF ΔF of removing each weight, in nats, finite
   * @param active which weights are still there, as long as deltaF
   * @param config the settings
   * @return ζ, in nats
   * @throws IllegalArgumentException if the lengths differ or a ΔF that counts is not finite
   */
  public static double threshold(double[] deltaF, boolean[] active, Config config) {
    double[] trace = trace(deltaF, active, config);
    return trace[trace.length - 1];
  }

  /**
   * ζ after each update, to see whether it has settled.
   *
   * @param deltaF ΔF of removing each weight, in nats, finite
   * @param active which weights are still there, as long as deltaF
   * @param config the settings
   * @return as many values as iterations; the last is the threshold
   * @throws IllegalArgumentException if the lengths differ or a ΔF that counts is not finite
   */
  public static double[] trace(double[] deltaF, boolean[] active, Config config) {
    return trace(deltaF.length, i -> deltaF[i], active, config);
  }

  /**
   * As {@link #trace(double[], boolean[], Config)}, from single precision.
   *
   * @param deltaF ΔF of removing each weight, in nats, finite
   * @param active which weights are still there, as long as deltaF
   * @param config the settings
   * @return as many values as iterations; the last is the threshold
   * @throws IllegalArgumentException if the lengths differ or a ΔF that counts is not finite
   */
  public static double[] trace(float[] deltaF, boolean[] active, Config config) {
    return trace(deltaF.length, i -> deltaF[i], active, config);
  }

  /**
   * The probability that a weight is active, q = σ(ζ − ΔF).
   *
   * @param deltaF ΔF of removing it, in nats
   * @param zeta the threshold, in nats
   */
  public static double activeProbability(double deltaF, double zeta) {
    return SpecialFunctions.logistic(zeta - deltaF);
  }

  /**
   * The decision for one weight.
   *
   * @param deltaF ΔF of removing it, in nats
   * @param zeta the threshold, in nats
   * @return whether it stays; a tie stays
   * @throws IllegalArgumentException if one is NaN, since every comparison with it would be false
   */
  public static boolean isActive(double deltaF, double zeta) {
    if (Double.isNaN(deltaF) || Double.isNaN(zeta)) {
      throw new IllegalArgumentException(
          "SpikeAndSlab cannot decide on NaN: deltaF = " + deltaF + ", zeta = " + zeta);
    }
    return deltaF <= zeta;
  }

  private static double[] trace(
      int weights, IntToDoubleFunction deltaF, boolean[] active, Config config) {
    checkLengths(weights, active.length);
    double[] trace = new double[config.iterations()];
    double zeta =
        SpecialFunctions.digamma(config.alpha()) - SpecialFunctions.digamma(config.beta());
    for (int iteration = 0; iteration < trace.length; iteration++) {
      zeta = update(deltaF, active, zeta, config);
      trace[iteration] = zeta;
    }
    return trace;
  }

  private static double update(
      IntToDoubleFunction deltaF, boolean[] active, double zeta, Config config) {
    double alpha = config.alpha();
    double beta = config.beta();
    for (int i = 0; i < active.length; i++) {
      if (config.countRemovedAsSpike() && !active[i]) {
        beta += 1;
        continue;
      }
      double logOdds = zeta - finite(deltaF.applyAsDouble(i), i);
      // Both probabilities from one exponential: 1 − q would lose the digits of a small remainder.
      double exponential = Math.exp(-Math.abs(logOdds));
      double larger = 1 / (1 + exponential);
      alpha += logOdds >= 0 ? larger : exponential * larger;
      beta += logOdds >= 0 ? exponential * larger : larger;
    }
    return SpecialFunctions.digamma(alpha) - SpecialFunctions.digamma(beta);
  }

  private static double finite(double deltaF, int index) {
    if (!Double.isFinite(deltaF)) {
      throw new IllegalArgumentException(
          "SpikeAndSlab needs finite evidence, but deltaF["
              + index
              + "] = "
              + deltaF
              + "; one such value would make every later comparison false. Look at the posterior"
              + " precision of that weight.");
    }
    return deltaF;
  }

  private static void checkLengths(int evidence, int mask) {
    if (evidence != mask) {
      throw new IllegalArgumentException(
          "SpikeAndSlab needs one mask value a weight, but deltaF has "
              + evidence
              + " and active has "
              + mask);
    }
  }
}
