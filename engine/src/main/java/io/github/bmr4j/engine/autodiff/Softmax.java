package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.kernels.Backend;

/** Softmax over the last axis. */
public final class Softmax extends Node {

  /**
   * @param x […, columns]
   */
  public Softmax(Node x) {
    super(x.shape(), x);
    require(x.shape().rank() >= 1, "Softmax needs [..., columns], but got %s", x.shape());
  }

  @Override
  protected void forward(Backend backend) {
    backend.reduction().softmax(input(0).matrix(), value().matrix());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .sequence()
          .softmaxPullback(
              value().matrix(), gradient().matrix(), inputGradient(0).matrix(), accumulates(0));
    }
  }
}
