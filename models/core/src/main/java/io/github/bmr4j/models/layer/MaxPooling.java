package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.MaxPool;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Window;

/**
 * The largest element of each window.
 *
 * @param window size, stride and padding
 */
public record MaxPooling(Window window) implements Pooling {

  /** Squares side by side. */
  public MaxPooling(int size) {
    this(Window.tiles(size));
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return new MaxPool(x, window);
  }
}
