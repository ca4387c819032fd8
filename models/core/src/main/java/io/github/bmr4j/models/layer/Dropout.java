package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;

/**
 * A place for dropout, which a method may apply in training steps. It does nothing else.
 *
 * @param index number among the network's layers of dropout, from 0: each has its own noise
 * @param rate probability with which an activation is set to 0, in [0, 1)
 */
public record Dropout(int index, double rate) implements Layer {

  /**
   * @throws IllegalArgumentException if the index is negative or the rate outside [0, 1)
   */
  public Dropout {
    if (index < 0 || !(rate >= 0 && rate < 1)) {
      throw new IllegalArgumentException(
          "Dropout needs an index from 0 and a rate in [0, 1), but got " + index + " and " + rate);
    }
  }

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
    return weights.dropout(x, this);
  }
}
