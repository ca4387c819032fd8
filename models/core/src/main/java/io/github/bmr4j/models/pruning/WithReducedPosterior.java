package io.github.bmr4j.models.pruning;

import java.util.List;

/**
 * A rule after which the posterior becomes the reduced one.
 *
 * @param rule that decides
 */
public record WithReducedPosterior(PruningRule rule) implements PruningRule {

  @Override
  public List<Double> prune(List<LayerEvidence> layers) {
    return rule.prune(layers);
  }

  @Override
  public String name() {
    return rule.name();
  }

  @Override
  public boolean comparesEvidence() {
    return rule.comparesEvidence();
  }

  @Override
  public boolean shrinks() {
    return rule.shrinks();
  }

  @Override
  public boolean reducesPosterior() {
    return true;
  }
}
