package io.github.bmr4j.models.pruning;

import java.util.List;

/**
 * Decides layer by layer from the evidence alone which weights leave the model. ΔF = ln p̃(D) − ln
 * p(D) in nats: larger is better for the model without the weight.
 */
public interface EvidenceRule extends PruningRule {

  /**
   * Decides for one layer.
   *
   * @param deltaF of each weight, finite
   * @param active which weights are still in the model; changed in place: set to false where the
   *     weight is to leave. No rule may set one to true
   * @return the threshold that ΔF was compared with
   */
  double prune(float[] deltaF, boolean[] active);

  @Override
  default List<Double> prune(List<LayerEvidence> layers) {
    return layers.stream().map(layer -> prune(layer.deltaF(), layer.active())).toList();
  }

  @Override
  default boolean comparesEvidence() {
    return true;
  }
}
