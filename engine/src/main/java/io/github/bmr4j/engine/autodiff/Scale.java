package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/** y = α x with a constant α. */
public final class Scale extends Node {

  private final float alpha;

  /**
   * @param alpha the factor
   * @param x any shape
   */
  public Scale(float alpha, Node x) {
    super(x.shape(), x);
    this.alpha = alpha;
  }

  @Override
  protected void forward(Backend backend) {
    backend.elementwise().scale(alpha, input(0).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    Tensor dx = inputGradient(0);
    if (dx != null && accumulates(0)) {
      backend.elementwise().addScaled(alpha, gradient().slice(), dx.slice());
    } else if (dx != null) {
      backend.elementwise().scale(alpha, gradient().slice(), dx.slice());
    }
  }
}
