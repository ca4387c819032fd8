package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Window;

/** The mean of what each window sees; padding counts as zeros. */
public final class AveragePool extends Node {

  private final PoolingShape sizes;

  /**
   * @param x [batch, channels, height, width]
   * @param window size, stride and padding
   */
  public AveragePool(Node x, Window window) {
    this(x, MaxPool.sizes(x, window));
  }

  private AveragePool(Node x, PoolingShape sizes) {
    super(MaxPool.shape(x, sizes), x);
    this.sizes = sizes;
  }

  @Override
  protected void forward(Backend backend) {
    backend.convolution().averagePool(sizes, input(0).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .convolution()
          .averagePoolPullback(sizes, gradient().slice(), inputGradient(0).slice(), accumulates(0));
    }
  }
}
