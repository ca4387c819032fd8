package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;

/** Products of as many pairs of matrices, a b or a bᵀ: the two products of attention. */
public final class BatchedProduct extends Node {

  private final boolean transposed;
  private MatrixView[][] views;

  /**
   * @param a [batch, m, k]
   * @param b [batch, k, n], or [batch, n, k] if transposed
   * @param transposed whether the second of each pair is
   */
  public BatchedProduct(Node a, Node b, boolean transposed) {
    super(shape(a.shape(), b.shape(), transposed), a, b);
    require(
        !a.equals(b), "The operands of a batched product must be two nodes, but both are %s", a);
    this.transposed = transposed;
  }

  private static Shape shape(Shape a, Shape b, boolean transposed) {
    require(
        a.rank() == 3
            && b.rank() == 3
            && a.extent(0) == b.extent(0)
            && a.extent(2) == b.extent(transposed ? 2 : 1),
        "BatchedProduct needs [batch, m, k] and %s, but got %s and %s",
        transposed ? "[batch, n, k]" : "[batch, k, n]",
        a,
        b);
    return Shape.of(a.extent(0), a.extent(1), b.extent(transposed ? 1 : 2));
  }

  @Override
  protected void forward(Backend backend) {
    if (views == null) {
      views =
          new MatrixView[][] {
            matrices(input(0)),
            matrices(input(1)),
            matrices(value()),
            matrices(inputGradient(0)),
            matrices(inputGradient(1)),
            matrices(gradient())
          };
    }
    MatrixKernels kernels = backend.matrix();
    for (int i = 0; i < shape().extent(0); i++) {
      if (transposed) {
        kernels.multiplyTransposedRight(views[0][i], views[1][i], views[2][i], Epilogue.STORE);
      } else {
        kernels.multiply(views[0][i], views[1][i], views[2][i], Epilogue.STORE);
      }
    }
  }

  private static MatrixView[] matrices(Tensor x) {
    if (x == null) {
      return new MatrixView[0];
    }
    int rows = x.shape().extent(1);
    int columns = x.shape().extent(2);
    Slice all = x.slice();
    MatrixView[] matrices = new MatrixView[x.shape().extent(0)];
    for (int i = 0; i < matrices.length; i++) {
      matrices[i] = all.slice(i * rows * columns, rows * columns).asMatrix(rows, columns);
    }
    return matrices;
  }

  @Override
  protected void pullback(Backend backend) {
    MatrixKernels kernels = backend.matrix();
    for (int i = 0; i < shape().extent(0); i++) {
      MatrixView dc = views[5][i];
      if (inputGradient(0) != null) {
        if (transposed) {
          kernels.multiply(dc, views[1][i], views[3][i], epilogue(0));
        } else {
          kernels.multiplyTransposedRight(dc, views[1][i], views[3][i], epilogue(0));
        }
      }
      if (inputGradient(1) != null) {
        if (transposed) {
          kernels.multiplyTransposedLeft(dc, views[0][i], views[4][i], epilogue(1));
        } else {
          kernels.multiplyTransposedLeft(views[0][i], dc, views[4][i], epilogue(1));
        }
      }
    }
  }

  private Epilogue epilogue(int i) {
    return accumulates(i) ? Epilogue.ACCUMULATE : Epilogue.STORE;
  }
}
