package io.github.bmr4j.kernels;

/**
 * Products with matrices of which few elements are stored.
 *
 * <p>Each output is one chain of fused multiply-adds over the stored elements of its row, in
 * ascending order of their columns, starting from 0; then the bias is added. (The scalar oracle
 * adds up in double and rounds once.) So the result depends neither on the number of threads nor on
 * the vector width nor on the batch. With k elements in the row it differs from the exact one,
 * before the activation, by at most {@code (k + 1) · 2⁻²⁴ · (|b| + Σ|x||w|)}.
 */
public interface SparseKernels {

  /**
   * y = f(x Wᵀ + b): a linear layer of which most weights are gone.
   *
   * @param x [batch, in]
   * @param pattern which elements of W [out, in] are stored
   * @param values the stored elements, in the pattern's order
   * @param bias b [out]
   * @param activation f; {@link UnaryFunction#IDENTITY} for none
   * @param y [batch, out]; may not alias an input
   */
  void linear(
      MatrixView x,
      SparsePattern pattern,
      Slice values,
      Slice bias,
      UnaryFunction activation,
      MatrixView y);
}
