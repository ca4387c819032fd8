package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.BatchNormalization;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Batch normalisation of each channel of an image, or each unit of a vector. Its parameters are a
 * matrix [scale | shift]; the statistics for prediction are kept by the method.
 *
 * @param name in files and reports
 * @param channels how many
 */
public record BatchNorm(String name, int channels) implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if ((input.rank() != 1 && input.rank() != 3) || input.extent(0) != channels) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " takes ["
              + channels
              + "] or ["
              + channels
              + ", height, width], but gets "
              + input);
    }
    return input;
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, channels, 1, true);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node block = weights.weights(block());
    Node scale = new View(block, 0, Shape.of(channels));
    return new BatchNormalization(x, scale, block().biases(block), weights.runningStatistics(this));
  }
}
