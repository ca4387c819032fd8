package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.MaxPool;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Window;

/**
 * The largest element of each window.
 *
 * @param window size, stride and padding
 */
public record MaxPooling(Window window) implements Layer {

  /** Squares side by side. */
  public MaxPooling(int size) {
    this(Window.tiles(size));
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 3) {
      throw new IllegalArgumentException(
          "Pooling takes [channels, height, width], but gets " + input);
    }
    PoolingShape sizes =
        new PoolingShape(input.extent(0), input.extent(1), input.extent(2), window);
    return Shape.of(input.extent(0), sizes.outputHeight(), sizes.outputWidth());
  }

  @Override
  public boolean isChainLink() {
    return true;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return new MaxPool(x, window);
  }
}
