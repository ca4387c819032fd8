package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;

/** The class token alone: [tokens, width] to [width]. */
public record FirstToken() implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("The first token is taken of a matrix, not of " + input);
    }
    return Shape.of(input.extent(1));
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node byToken = new Permute(x, 1, 0, 2);
    return new View(byToken, 0, Shape.of(x.shape().extent(0), x.shape().extent(2)));
  }
}
