package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * A function applied to each element.
 *
 * @param function which
 */
public record Activation(UnaryFunction function) implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    return input;
  }

  @Override
  public boolean isChainLink() {
    return true;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return weights.apply(function, x);
  }
}
