package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.AveragePool;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Window;

/**
 * The mean of each window; padding counts as zeros.
 *
 * @param window size, stride and padding
 */
public record AveragePooling(Window window) implements Pooling {

  /** Squares side by side. */
  public AveragePooling(int size) {
    this(Window.tiles(size));
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return new AveragePool(x, window);
  }
}
