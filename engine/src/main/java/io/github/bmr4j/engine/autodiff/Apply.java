package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;

/** y = f(x), element by element. */
public final class Apply extends Node {

  private final UnaryFunction function;

  /**
   * @param function f
   * @param x any shape
   */
  public Apply(UnaryFunction function, Node x) {
    super(x.shape(), x);
    this.function = function;
  }

  @Override
  protected void forward(Backend backend) {
    backend.elementwise().apply(function, input(0).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .elementwise()
          .applyPullback(
              function,
              input(0).slice(),
              value().slice(),
              gradient().slice(),
              inputGradient(0).slice(),
              accumulates(0));
    }
  }

  @Override
  public String toString() {
    return "Apply " + function + shape();
  }
}
