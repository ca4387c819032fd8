package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Transposed;

/** Products of as many pairs of matrices, a b or a bᵀ: the two products of attention. */
public final class BatchedProduct extends Node {

  private final Transposed transposed;

  /**
   * @param a [batch, m, k]
   * @param b [batch, k, n], or [batch, n, k] if transposed
   * @param transposed whether the second of each pair is
   */
  public BatchedProduct(Node a, Node b, boolean transposed) {
    super(shape(a.shape(), b.shape(), transposed), a, b);
    require(
        !a.equals(b), "The operands of a batched product must be two nodes, but both are %s", a);
    this.transposed = transposed ? Transposed.RIGHT : Transposed.NONE;
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
    backend
        .matrix()
        .multiplyPairs(
            shape().extent(0),
            transposed,
            input(0).matrix(),
            input(1).matrix(),
            value().matrix(),
            Epilogue.STORE);
  }

  @Override
  protected void pullback(Backend backend) {
    MatrixKernels kernels = backend.matrix();
    int pairs = shape().extent(0);
    MatrixView a = input(0).matrix();
    MatrixView b = input(1).matrix();
    MatrixView dc = gradient().matrix();
    if (inputGradient(0) != null) {
      // dc bᵀ, where b itself may be transposed already.
      Transposed right = transposed.right() ? Transposed.NONE : Transposed.RIGHT;
      kernels.multiplyPairs(pairs, right, dc, b, inputGradient(0).matrix(), epilogue(0));
    }
    if (inputGradient(1) != null) {
      MatrixView left = transposed.right() ? dc : a;
      MatrixView right = transposed.right() ? a : dc;
      MatrixView db = inputGradient(1).matrix();
      kernels.multiplyPairs(pairs, Transposed.LEFT, left, right, db, epilogue(1));
    }
  }

  private Epilogue epilogue(int i) {
    return accumulates(i) ? Epilogue.ACCUMULATE : Epilogue.STORE;
  }
}
