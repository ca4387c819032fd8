package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import java.util.Arrays;

/** ln Σ exp(x) over the last axis. */
public final class LogSumExp extends Node {

  /**
   * @param x […, columns]
   */
  public LogSumExp(Node x) {
    super(shape(x.shape()), x);
  }

  private static Shape shape(Shape x) {
    require(x.rank() >= 1, "LogSumExp needs [..., columns], but got %s", x);
    return Shape.of(Arrays.copyOf(x.toArray(), x.rank() - 1));
  }

  @Override
  protected void forward(Backend backend) {
    backend.reduction().logSumExp(input(0).matrix(), value().slice());
  }

  /** dx = dy softmax(x). */
  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice x = input(0).slice();
    Slice dx = inputGradient(0).slice();
    Slice y = value().slice();
    Slice dy = gradient().slice();
    backend.memory().pull(x);
    backend.memory().pull(y);
    backend.memory().pull(dy);
    if (accumulates(0)) {
      backend.memory().pull(dx);
    }
    int columns = input(0).matrix().columns();
    for (int i = 0; i < x.length(); i++) {
      int row = i / columns;
      float share = (float) (dy.get(row) * Math.exp(x.get(i) - y.get(row)));
      dx.set(i, accumulates(0) ? dx.get(i) + share : share);
    }
    backend.memory().push(dx);
  }
}
