package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.ClassTokens;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * A learnt token before the others and a learnt position added to each. The parameters are one
 * matrix without bias: the token, then the positions (Marković, Friston, Kiebel 2024).
 *
 * @param name in files and reports
 * @param tokens that come in
 * @param width of a token
 */
public record ClassToken(String name, int tokens, int width) implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (!input.equals(Shape.of(tokens, width))) {
      throw new IllegalArgumentException(
          "Layer " + name + " takes [" + tokens + ", " + width + "], but gets " + input);
    }
    return Shape.of(tokens + 1, width);
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, tokens + 2, width, false);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node block = weights.weights(block());
    Node token = new View(block, 0, Shape.of(width));
    Node positions = new View(block, width, Shape.of(tokens + 1, width));
    return new ClassTokens(x, token, positions);
  }
}
