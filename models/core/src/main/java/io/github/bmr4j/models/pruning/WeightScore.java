package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.kernels.Slice;
import java.util.Locale;

/** By what weights are ranked: the higher, the rather a weight stays. */
public enum WeightScore {
  /** −ΔF: the evidence, in nats, for keeping the weight. */
  EVIDENCE,
  /** |μ|/σ of the posterior. */
  SIGNAL_TO_NOISE,
  /** γ |μ|. */
  MAGNITUDE,
  /** |w ∂w|: by how much the last training step's loss would change to first order. */
  SALIENCY,
  /** Uniform noise, to compare with. */
  RANDOM;

  /** As options and reports have it: {@code signal-to-noise}. */
  public String title() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /**
   * The scores of a layer's parameters; −∞ of those that have left.
   *
   * @param layer as the rule sees it
   * @return one a parameter, biases last
   * @throws DivergedException if a score is NaN
   */
  float[] of(LayerEvidence layer) {
    float[] scores = new float[layer.block().size()];
    Slice uniforms = this == RANDOM ? layer.uniforms() : null;
    float[] saliency = this == SALIENCY ? layer.saliency() : null;
    for (int i = 0; i < scores.length; i++) {
      if (!layer.active()[i]) {
        scores[i] = Float.NEGATIVE_INFINITY;
        continue;
      }
      float mean = Math.abs(layer.mean().get(i));
      scores[i] =
          switch (this) {
            case EVIDENCE -> -layer.deltaF()[i];
            case SIGNAL_TO_NOISE -> mean / layer.deviation().get(i);
            case MAGNITUDE -> layer.factors()[i] * mean;
            case SALIENCY -> saliency[i];
            case RANDOM -> uniforms.get(i);
          };
      if (Float.isNaN(scores[i])) {
        throw new DivergedException(
            "The score "
                + title()
                + " of weight "
                + i
                + " of "
                + layer.block().layer()
                + " is NaN; nothing was pruned");
      }
    }
    return scores;
  }
}
