package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.AveragePool;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Window;

/** The mean over all tokens: [tokens, width] to [width]. */
public record MeanToken() implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 2) {
      throw new IllegalArgumentException("A mean over tokens takes a matrix, but gets " + input);
    }
    return Shape.of(input.extent(1));
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    int batch = x.shape().extent(0);
    int tokens = x.shape().extent(1);
    int width = x.shape().extent(2);
    Node features = new Permute(x, 0, 2, 1);
    Node lines = View.reshape(features, Shape.of(batch, width, 1, tokens));
    Node means = new AveragePool(lines, new Window(1, tokens, 1, tokens, 0, 0));
    return View.reshape(means, Shape.of(batch, width));
  }
}
