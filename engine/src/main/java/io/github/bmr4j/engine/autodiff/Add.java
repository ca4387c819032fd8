package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/** out = a + b, of the same shape. */
public final class Add extends Node {

  /**
   * @param a any shape
   * @param b the same shape
   */
  public Add(Node a, Node b) {
    super(a.shape(), a, b);
    require(a.shape().equals(b.shape()), "Cannot add %s and %s", a.shape(), b.shape());
  }

  @Override
  protected void forward(Backend backend) {
    backend.elementwise().add(input(0).slice(), input(1).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    for (int i = 0; i < 2; i++) {
      Tensor d = inputGradient(i);
      if (d != null && accumulates(i)) {
        backend.elementwise().addScaled(1, gradient().slice(), d.slice());
      } else if (d != null) {
        backend.elementwise().copy(gradient().slice(), d.slice());
      }
    }
  }
}
