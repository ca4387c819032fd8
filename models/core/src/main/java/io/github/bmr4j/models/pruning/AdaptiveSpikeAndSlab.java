package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.SpikeAndSlab;

/**
 * The rule of stochastic BMR: a weight is a priori in the model with a probability that its layer
 * shares and that has a Beta prior; the threshold ζ on ΔF is that probability's log odds, found
 * from the evidence of all the layer's weights ({@link SpikeAndSlab}). A weight leaves when ΔF &gt;
 * ζ: ζ is positive, and pruning cautious, while most weights are needed, and negative once few are.
 *
 * @param config prior, iterations, and how weights count that have left already
 */
public record AdaptiveSpikeAndSlab(SpikeAndSlab.Config config) implements EvidenceRule {

  /** As in the published code. */
  public static final AdaptiveSpikeAndSlab PUBLISHED =
      new AdaptiveSpikeAndSlab(SpikeAndSlab.Config.PUBLISHED);

  /**
   * The published rule, but for weights that have left: they count as such, whatever their evidence
   * has become, and so go on to speak for removal.
   */
  public static final AdaptiveSpikeAndSlab COUNTING_REMOVED =
      new AdaptiveSpikeAndSlab(new SpikeAndSlab.Config(1, 1, 4, true));

  @Override
  public double prune(float[] deltaF, boolean[] active) {
    double threshold = SpikeAndSlab.threshold(deltaF, active, config);
    for (int i = 0; i < deltaF.length; i++) {
      active[i] = active[i] && SpikeAndSlab.isActive(deltaF[i], threshold);
    }
    return threshold;
  }

  @Override
  public String name() {
    return config.countRemovedAsSpike() ? "adaptive-counting-removed" : "adaptive";
  }
}
