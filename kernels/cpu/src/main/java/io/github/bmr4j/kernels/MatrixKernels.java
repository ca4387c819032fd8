package io.github.bmr4j.kernels;

/**
 * Matrix products, with bias and activation folded into the store.
 *
 * <p>All matrices are row-major with a stride; the output may not alias an input. A dimension may
 * be 0: with inner dimension 0 the product is 0 and the {@link Epilogue} still applies.
 *
 * <p>Error: each element of the product differs from the exact one by at most {@code k · 2⁻²⁴ ·
 * Σ|a||b|} with {@code k} the inner dimension. The result does not depend on the number of threads
 * or on the vector width.
 */
public interface MatrixKernels {

  /**
   * c = a b.
   *
   * @param a [m, k]
   * @param b [k, n]
   * @param c [m, n]
   * @param epilogue what is done before storing
   */
  default void multiply(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    multiplyPairs(1, Transposed.NONE, a, b, c, epilogue);
  }

  /**
   * c = aᵀ b: the weight gradient of a linear layer.
   *
   * @param a [k, m]
   * @param b [k, n]
   * @param c [m, n]
   * @param epilogue what is done before storing
   */
  default void multiplyTransposedLeft(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    multiplyPairs(1, Transposed.LEFT, a, b, c, epilogue);
  }

  /**
   * c = a bᵀ: the forward pass of a linear layer with weights b of shape [out, in].
   *
   * @param a [m, k]
   * @param b [n, k]
   * @param c [m, n]
   * @param epilogue what is done before storing
   */
  default void multiplyTransposedRight(
      MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue) {
    multiplyPairs(1, Transposed.RIGHT, a, b, c, epilogue);
  }

  /**
   * The products of many pairs of matrices, as in attention: those of each side lie one below the
   * other, so the first pair are the first rows of a and b, and so on.
   *
   * @param pairs how many, at least 1
   * @param transposed which factor of each pair is
   * @param a [pairs · m, k], or [pairs · k, m] if it is the left one
   * @param b [pairs · k, n], or [pairs · n, k] if it is the right one
   * @param c [pairs · m, n]
   * @param epilogue what is done before storing, with the same bias for all
   */
  void multiplyPairs(
      int pairs,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Epilogue epilogue);
}
