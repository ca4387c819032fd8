package io.github.bmr4j.kernels;

/**
 * What networks on sequences of tokens need beside products: normalised rows, rows of tables and
 * other orders.
 */
public interface SequenceKernels {

  /** Entries of a table at most whose rows {@link #gatherRows} finds: 2²⁴. */
  int MOST_ENTRIES = 1 << 24;

  /**
   * Layer normalisation (Ba, Kiros, Hinton 2016): out[i, j] = scale[j] · (x[i, j] − m_i) / √(v_i +
   * ε) + shift[j], with mean m_i and variance v_i (divided by the number of columns) of row i.
   *
   * @param x [rows, columns], at least 1 column
   * @param scale [columns]
   * @param shift [columns]
   * @param epsilon ε, not negative
   * @param out [rows, columns]; memory of its own
   */
  void normalize(MatrixView x, Slice scale, Slice shift, float epsilon, MatrixView out);

  /**
   * Pullback of {@link #normalize} to its rows; those to scale and shift are column sums of
   * products and dOut.
   *
   * @param x [rows, columns], the argument of the forward pass
   * @param scale [columns]
   * @param epsilon ε
   * @param dOut [rows, columns]
   * @param dX [rows, columns]
   * @param products [rows, columns], takes dOut times the normalised row
   * @param accumulate whether dX is added to
   */
  void normalizePullback(
      MatrixView x,
      Slice scale,
      float epsilon,
      MatrixView dOut,
      MatrixView dX,
      MatrixView products,
      boolean accumulate);

  /**
   * Pullback of {@link ReductionKernels#softmax}: dX[i, j] = p[i, j] · (dP[i, j] − Σ_k dP[i, k]
   * p[i, k]).
   *
   * @param p [rows, columns], the result of the forward pass
   * @param dP [rows, columns]
   * @param dX [rows, columns]; memory of its own
   * @param accumulate whether dX is added to
   */
  void softmaxPullback(MatrixView p, MatrixView dP, MatrixView dX, boolean accumulate);

  /**
   * Copies rows of a table by their numbers: out[i, ·] = table[numbers[first + i], ·]. A number
   * that is none of a row gives a row of NaN.
   *
   * @param table [entries, columns], at most {@link #MOST_ENTRIES}, up to which a float holds each
   *     number
   * @param numbers whole numbers 0 … entries − 1
   * @param first of the numbers that is used; as many as {@code out} has rows follow
   * @param out [rows, columns]; memory of its own
   */
  void gatherRows(MatrixView table, Slice numbers, int first, MatrixView out);

  /**
   * Copies a tensor in another order of its axes.
   *
   * @param order which
   * @param x the elements in row-major order
   * @param out memory of its own
   * @param accumulate whether out is added to
   */
  void permute(Permutation order, Slice x, Slice out, boolean accumulate);
}
