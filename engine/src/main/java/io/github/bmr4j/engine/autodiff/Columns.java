package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/** Neighbouring columns of a matrix, as a matrix of their own: a time step of a sequence. */
public final class Columns extends Node {

  private final int from;

  /**
   * @param x [rows, columns]
   * @param from first column
   * @param count number of columns
   */
  public Columns(Node x, int from, int count) {
    super(shape(x, from, count), x);
    this.from = from;
  }

  private static Shape shape(Node x, int from, int count) {
    require(
        x.shape().rank() == 2 && from >= 0 && count >= 0 && from + count <= x.shape().extent(1),
        "Columns %d … %d do not lie within %s",
        from,
        from + count - 1,
        x.shape());
    return Shape.of(x.shape().extent(0), count);
  }

  @Override
  protected void forward(Backend backend) {
    Tensor x = input(0);
    backend.memory().pull(x.slice());
    int count = shape().extent(1);
    for (int i = 0; i < shape().extent(0); i++) {
      System.arraycopy(
          x.slice().array(),
          x.slice().offset() + i * x.shape().extent(1) + from,
          value().slice().array(),
          value().slice().offset() + i * count,
          count);
    }
    backend.memory().push(value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    Tensor dx = inputGradient(0);
    if (dx == null) {
      return;
    }
    if (!accumulates(0)) {
      backend.elementwise().fill(dx.slice(), 0);
    }
    backend.memory().pull(dx.slice());
    backend.memory().pull(gradient().slice());
    float[] d = dx.slice().array();
    float[] dy = gradient().slice().array();
    int count = shape().extent(1);
    for (int i = 0; i < shape().extent(0); i++) {
      int to = dx.slice().offset() + i * dx.shape().extent(1) + from;
      int at = gradient().slice().offset() + i * count;
      for (int j = 0; j < count; j++) {
        d[to + j] += dy[at + j];
      }
    }
    backend.memory().push(dx.slice());
  }
}
