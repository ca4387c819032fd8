package io.github.bmr4j.models.pruning;

import java.util.List;

/** Decides which weights of a model leave, and by how much others shrink. */
public interface PruningRule {

  /**
   * Decides.
   *
   * @param layers that take part, from input to output; {@link LayerEvidence#active} and {@link
   *     LayerEvidence#factors} are changed in place
   * @return for each layer the threshold that was decided by, NaN where there is none
   */
  List<Double> prune(List<LayerEvidence> layers);

  /** Name for reports, for instance {@code evidence}. */
  String name();

  /**
   * Whether a weight leaves where its own ΔF is at or above its layer's threshold and nowhere else,
   * and none shrinks: then a certificate can tell whether each decision was right.
   */
  default boolean comparesEvidence() {
    return false;
  }

  /** Whether it shrinks weights that stay, by {@link LayerEvidence#factors}. */
  default boolean shrinks() {
    return false;
  }

  /**
   * Whether the posterior is replaced by the reduced one: removed weights by their prior, shrunk
   * ones by what their evidence gives under the new prior. Otherwise it stays as it is, and
   * training goes on from there, as the published code does.
   */
  default boolean reducesPosterior() {
    return false;
  }
}
