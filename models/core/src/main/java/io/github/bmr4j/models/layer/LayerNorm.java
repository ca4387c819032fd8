package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.LayerNormalization;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Layer normalisation over the last axis. Its parameters are a matrix [scale | shift] with the
 * prior of all others, so its scale has mean 0 a priori (Marković, Friston, Kiebel 2024).
 *
 * @param name in files and reports
 * @param width extent of the last axis
 * @param epsilon what is added to the variance
 */
public record LayerNorm(String name, int width, float epsilon) implements Layer {

  /** With the usual ε, 10⁻⁵. */
  public LayerNorm(String name, int width) {
    this(name, width, LayerNormalization.EPSILON);
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() < 1 || input.extent(-1) != width) {
      throw new IllegalArgumentException(
          "Layer " + name + " takes [..., " + width + "], but gets " + input);
    }
    return input;
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, width, 1, true);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node block = weights.weights(block());
    Node scale = new View(block, 0, Shape.of(width));
    return new LayerNormalization(x, scale, block().biases(block), epsilon);
  }
}
