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
  void multiply(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue);

  /**
   * c = aᵀ b: the weight gradient of a linear layer.
   *
   * @param a [k, m]
   * @param b [k, n]
   * @param c [m, n]
   * @param epilogue what is done before storing
   */
  void multiplyTransposedLeft(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue);

  /**
   * c = a bᵀ: the forward pass of a linear layer with weights b of shape [out, in].
   *
   * @param a [m, k]
   * @param b [n, k]
   * @param c [m, n]
   * @param epilogue what is done before storing
   */
  void multiplyTransposedRight(MatrixView a, MatrixView b, MatrixView c, Epilogue epilogue);
}
