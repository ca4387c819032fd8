package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Permutation;

/** A copy with the axes in another order: axis k of the result is axis {@code axes[k]} of x. */
public final class Permute extends Node {

  private final Permutation order;
  private final Permutation back;

  /**
   * @param x of any rank but 0
   * @param axes each of 0 … rank − 1 once
   */
  public Permute(Node x, int... axes) {
    this(x, new Permutation(x.shape().toArray(), axes));
  }

  private Permute(Node x, Permutation order) {
    super(Shape.of(order.extents()), x);
    this.order = order;
    this.back = order.inverse();
  }

  @Override
  protected void forward(Backend backend) {
    backend.sequence().permute(order, input(0).slice(), value().slice(), false);
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .sequence()
          .permute(back, gradient().slice(), inputGradient(0).slice(), accumulates(0));
    }
  }
}
