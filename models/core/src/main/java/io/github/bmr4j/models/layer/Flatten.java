package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;

/** Makes one row of each example; costs nothing. */
public record Flatten() implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    return Shape.of(input.size());
  }

  @Override
  public boolean isChainLink() {
    return true;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    int batch = x.shape().extent(0);
    return View.reshape(x, Shape.of(batch, batch == 0 ? 0 : x.shape().size() / batch));
  }
}
