package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.tensor.Shape;

/** Tokens and features change places: [tokens, width] to [width, tokens] and back. */
public record Transposition() implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("A transposition takes a matrix, but gets " + input);
    }
    return Shape.of(input.extent(1), input.extent(0));
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return new Permute(x, 0, 2, 1);
  }
}
