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
   * One update of ζ, fed with a layer's weights one by one: for layers that are not in memory as a
   * whole. Start with {@link #initialZeta}.
   */
  public static final class Update {

    private final double oldZeta;
    private final Config config;
    private double active;
    private double removed;

    /**
     * @param zeta the threshold before the update
     * @param config the settings
     */
    public Update(double zeta, Config config) {
      oldZeta = zeta;
      this.config = config;
    }

    /**
     * Counts a weight.
     *
     * @param deltaF of removing it, in nats, finite
     */
    public void add(double deltaF) {
      double logOdds = oldZeta - deltaF;
      // Both probabilities from one exponential: 1 − q would lose the digits of a small remainder.
      double exponential = Math.exp(-Math.abs(logOdds));
      double larger = 1 / (1 + exponential);
      active += logOdds >= 0 ? larger : exponential * larger;
      removed += logOdds >= 0 ? exponential * larger : larger;
    }

    /** Counts a weight that has left. */
    public void addRemoved() {
      removed += 1;
    }

    /**
     * Counts the weights that another part of the same update has counted.
     *
     * @param part of the layer
     */
    public void add(Update part) {
      active += part.active;
      removed += part.removed;
    }

    /** The threshold after the update. */
    public double zeta() {
      return SpecialFunctions.digamma(config.alpha() + active)
          - SpecialFunctions.digamma(config.beta() + removed);
    }
  }

  /**
   * ζ before the first update: ψ(α₀) − ψ(β₀).
   *
   * @param config the settings
   */
  public static double initialZeta(Config config) {
    return SpecialFunctions.digamma(config.alpha()) - SpecialFunctions.digamma(config.beta());
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
    double zeta = initialZeta(config);
    for (int iteration = 0; iteration < trace.length; iteration++) {
      zeta = update(deltaF, active, zeta, config);
      trace[iteration] = zeta;
    }
    return trace;
  }

  private static double update(
      IntToDoubleFunction deltaF, boolean[] active, double zeta, Config config) {
    Update update = new Update(zeta, config);
    for (int i = 0; i < active.length; i++) {
      if (config.countRemovedAsSpike() && !active[i]) {
        update.addRemoved();
      } else {
        update.add(finite(deltaF.applyAsDouble(i), i));
      }
    }
    return update.zeta();
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
