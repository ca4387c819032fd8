package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/** out = a · b element by element, of the same shape. */
public final class Multiply extends Node {

  /**
   * @param a any shape
   * @param b the same shape; may be {@code a} itself
   */
  public Multiply(Node a, Node b) {
    super(a.shape(), a, b);
    require(a.shape().equals(b.shape()), "Cannot multiply %s and %s", a.shape(), b.shape());
  }

  @Override
  protected void forward(Backend backend) {
    backend.elementwise().multiply(input(0).slice(), input(1).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    for (int i = 0; i < 2; i++) {
      Tensor d = inputGradient(i);
      if (d != null && accumulates(i)) {
        backend.elementwise().addProduct(gradient().slice(), input(1 - i).slice(), d.slice());
      } else if (d != null) {
        backend.elementwise().multiply(gradient().slice(), input(1 - i).slice(), d.slice());
      }
    }
  }
}
