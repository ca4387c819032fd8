package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/**
 * One value a row, repeated for all parameters of that row in a block: the matrix [rows, columns],
 * row-major, and then one bias a row if there are any. What a scale of output units is to the
 * weights.
 */
public final class RepeatRows extends Node {

  private final int columns;
  private final boolean bias;
  private MatrixView onesRow;
  private MatrixView onesColumn;
  private Part value;
  private Part gradient;

  /** The block's matrix and bias, and the rows' values as a column; made once. */
  private record Part(MatrixView matrix, Slice bias, MatrixView column) {}

  /**
   * @param x [rows]
   * @param columns of the matrix, at least 0
   * @param bias whether each row has one more parameter behind the matrix
   */
  public RepeatRows(Node x, int columns, boolean bias) {
    super(shape(x, columns, bias), x);
    this.columns = columns;
    this.bias = bias;
  }

  private static Shape shape(Node x, int columns, boolean bias) {
    require(
        x.shape().rank() == 1 && columns >= 0,
        "RepeatRows needs one value a row and at least 0 columns, but got %s and %d",
        x.shape(),
        columns);
    return Shape.of(Math.multiplyExact(x.shape().size(), columns + (bias ? 1 : 0)));
  }

  @Override
  protected void forward(Backend backend) {
    if (value == null) {
      Slice ones = new Slice(backend.memory().allocate(columns), 0, columns);
      backend.elementwise().fill(ones, 1);
      onesRow = ones.asMatrix(1, columns);
      onesColumn = ones.asMatrix(columns, 1);
      value = part(value().slice(), input(0).slice());
    }
    backend.matrix().multiply(value.column(), onesRow, value.matrix(), Epilogue.STORE);
    if (bias) {
      backend.elementwise().copy(input(0).slice(), value.bias());
    }
  }

  private Part part(Slice block, Slice x) {
    int rows = x.length();
    return new Part(
        block.slice(0, rows * columns).asMatrix(rows, columns),
        bias ? block.slice(rows * columns, rows) : null,
        x.asMatrix(rows, 1));
  }

  /** The sum over each row. */
  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice dx = inputGradient(0).slice();
    if (gradient == null) {
      gradient = part(gradient().slice(), dx);
    }
    backend
        .matrix()
        .multiply(
            gradient.matrix(),
            onesColumn,
            gradient.column(),
            accumulates(0) ? Epilogue.ACCUMULATE : Epilogue.STORE);
    if (bias) {
      backend.elementwise().addScaled(1, gradient.bias(), dx);
    }
  }
}
