package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.SpikeAndSlab;

/**
 * How weights are chosen whose evidence is not in memory as a whole. All compare ΔF = ln p̃(D) − ln
 * p(D) of removing a weight, in nats, with a threshold.
 */
public sealed interface StreamedRule {

  /**
   * A weight leaves when ΔF ≥ threshold.
   *
   * @param threshold in nats; 0 for the plain comparison of evidences
   */
  record Evidence(double threshold) implements StreamedRule {

    /**
     * @throws IllegalArgumentException if the threshold is NaN
     */
    public Evidence {
      if (Double.isNaN(threshold)) {
        throw new IllegalArgumentException("The threshold on ΔF must be a number, but is NaN");
      }
    }
  }

  /**
   * A weight leaves when ΔF &gt; ζ, the threshold that its tensor's evidence gives ({@link
   * SpikeAndSlab}).
   *
   * @param config prior and iterations
   */
  record Adaptive(SpikeAndSlab.Config config) implements StreamedRule {}

  /**
   * The weights with the largest ΔF leave until a fraction of all is gone, those that had left
   * before counted in. Weights of the same ΔF as the last one leave with it.
   *
   * @param fraction in [0, 1]
   * @param global whether all tensors share one ranking, or each has its own
   */
  record Target(double fraction, boolean global) implements StreamedRule {

    /**
     * @throws IllegalArgumentException if the fraction is outside [0, 1]
     */
    public Target {
      if (!(fraction >= 0 && fraction <= 1)) {
        throw new IllegalArgumentException(
            "The fraction to remove must be in [0, 1], but is " + fraction);
      }
    }
  }
}
