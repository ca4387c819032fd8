package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Transposed;

/** Products of as many pairs of matrices, a b or a bᵀ: the two products of attention. */
public final class BatchedProduct extends Node {

  private final Transposed transposed;

  /** Made once, since a step shall allocate nothing. */
  private MatrixView a;

  private MatrixView b;
  private MatrixView c;
  private MatrixView da;
  private MatrixView db;
  private MatrixView dc;

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

  /** All matrices of one side, one below the other; null for the gradient of what needs none. */
  private static MatrixView stacked(Tensor x) {
    if (x == null) {
      return null;
    }
    Shape shape = x.shape();
    return x.slice().asMatrix(shape.extent(0) * shape.extent(1), shape.extent(2));
  }

  @Override
  protected void forward(Backend backend) {
    if (c == null) {
      a = stacked(input(0));
      b = stacked(input(1));
      c = stacked(value());
      da = stacked(inputGradient(0));
      db = stacked(inputGradient(1));
      dc = stacked(gradient());
    }
    backend.matrix().multiplyPairs(shape().extent(0), transposed, a, b, c, Epilogue.STORE);
  }

  @Override
  protected void pullback(Backend backend) {
    MatrixKernels kernels = backend.matrix();
    int pairs = shape().extent(0);
    if (da != null) {
      // dc bᵀ, where b itself may be transposed already.
      Transposed right = transposed.right() ? Transposed.NONE : Transposed.RIGHT;
      kernels.multiplyPairs(pairs, right, dc, b, da, epilogue(0));
    }
    if (db != null) {
      MatrixView left = transposed.right() ? dc : a;
      MatrixView right = transposed.right() ? a : dc;
      kernels.multiplyPairs(pairs, Transposed.LEFT, left, right, db, epilogue(1));
    }
  }

  private Epilogue epilogue(int i) {
    return accumulates(i) ? Epilogue.ACCUMULATE : Epilogue.STORE;
  }
}
