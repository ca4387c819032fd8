package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.engine.inference.PointEstimate;
import io.github.bmr4j.models.layer.ParameterBlock;

/**
 * A layer of structures: its noise, and the weights that lead to it.
 *
 * @param block shape of these weights; row i leads to structure i
 * @param noise on the structures
 * @param weights values
 */
public record StructureLayer(
    ParameterBlock block, MultiplicativeNoise noise, PointEstimate weights) {

  /** Which structures are in the model, as a new array. */
  public boolean[] kept() {
    boolean[] kept = new boolean[noise.size()];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = noise.isKept(i);
    }
    return kept;
  }

  /** Structure i as a rule sees it; its weights must have been pulled. */
  Structure structure(int i) {
    return new Structure(
        block.layer(), i, noise.posterior(i), noise.prior(), norm(i, false), norm(i, true));
  }

  /**
   * The Euclidean norm of the weights that lead to structure i, without its bias, or of these times
   * their gradients.
   */
  private double norm(int i, boolean weighted) {
    double sum = 0;
    for (int j = 0; j < block.columns(); j++) {
      int at = i * block.columns() + j;
      double weight = weights.values().get(at) * (weighted ? weights.gradientMean().get(at) : 1.0);
      sum += weight * weight;
    }
    return Math.sqrt(sum);
  }
}
