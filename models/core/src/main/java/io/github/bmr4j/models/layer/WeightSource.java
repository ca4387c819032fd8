package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;

/**
 * Says what a network's weights are: points, draws from a posterior, or functions of further
 * latents. Networks know only this, so that every method works with every network.
 */
@FunctionalInterface
public interface WeightSource {

  /** A node of {@code block.size()} elements, laid out as {@link ParameterBlock} says. */
  Node weights(ParameterBlock block);
}
