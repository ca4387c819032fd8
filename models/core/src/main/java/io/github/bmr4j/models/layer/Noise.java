package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;

/**
 * A place where a method may put multiplicative noise on structures: units of a dense layer,
 * filters of a convolution, hidden features. Without such a method it does nothing.
 *
 * @param name of the layer whose outputs these are
 * @param structures how many
 * @param axis along which they lie in one example
 */
public record Noise(String name, int structures, int axis) implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (axis >= input.rank() || input.extent(axis) != structures) {
      throw new IllegalArgumentException(
          "The noise of "
              + name
              + " needs "
              + structures
              + " structures along axis "
              + axis
              + ", but gets "
              + input);
    }
    return input;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return weights.noise(x, this);
  }
}
