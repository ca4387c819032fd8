package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Window;

/** The largest element that each window sees. */
public final class MaxPool extends Node {

  private final PoolingShape sizes;

  /**
   * @param x [batch, channels, height, width]
   * @param window size, stride and padding, which is never the largest
   */
  public MaxPool(Node x, Window window) {
    this(x, sizes(x, window));
  }

  private MaxPool(Node x, PoolingShape sizes) {
    super(shape(x, sizes), x);
    this.sizes = sizes;
  }

  static PoolingShape sizes(Node x, Window window) {
    require(
        x.shape().rank() == 4,
        "Pooling needs x [batch, channels, height, width], but got %s",
        x.shape());
    return new PoolingShape(
        x.shape().extent(0) * x.shape().extent(1),
        x.shape().extent(2),
        x.shape().extent(3),
        window);
  }

  static Shape shape(Node x, PoolingShape sizes) {
    return Shape.of(
        x.shape().extent(0), x.shape().extent(1), sizes.outputHeight(), sizes.outputWidth());
  }

  @Override
  protected void forward(Backend backend) {
    backend.convolution().maxPool(sizes, input(0).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .convolution()
          .maxPoolPullback(
              sizes,
              input(0).slice(),
              value().slice(),
              gradient().slice(),
              inputGradient(0).slice(),
              accumulates(0));
    }
  }
}
