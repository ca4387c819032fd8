package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.MatrixView;

/** The sum of all elements, a scalar. */
public final class Sum extends Node {

  /** The gradient of the operand as one column, so that one value can be spread over it. */
  private MatrixView asColumn;

  /**
   * @param x any shape
   */
  public Sum(Node x) {
    super(Shape.SCALAR, x);
  }

  @Override
  protected void forward(Backend backend) {
    backend.reduction().sumInto(input(0).slice(), value().slice());
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
    if (asColumn == null) {
      asColumn = dx.slice().asMatrix(dx.size(), 1);
    }
    backend.elementwise().addRow(gradient().slice(), asColumn);
  }
}
