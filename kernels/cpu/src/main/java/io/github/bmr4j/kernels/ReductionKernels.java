package io.github.bmr4j.kernels;

/**
 * Sums, and the row-wise reductions of classification.
 *
 * <p>Sums add in a fixed order that depends on the length alone, not on threads or vector width:
 * blocks of 1,024 elements in float, their totals in double.
 */
public interface ReductionKernels {

  /** Σ x. */
  double sum(Slice x);

  /** Σ a · b. */
  double dot(Slice a, Slice b);

  /** Σ x, stored as element 0 of {@code out}: the form that does not make the host wait. */
  void sumInto(Slice x, Slice out);

  /** Σ a · b, stored as element 0 of {@code out}. */
  void dotInto(Slice a, Slice b, Slice out);

  /**
   * Index of the first element that is NaN or infinite, or −1 if all are finite.
   *
   * @param x any length
   */
  int firstNonFinite(Slice x);

  /**
   * Sums of the rows: out[i] = Σ_j m[i, j].
   *
   * @param m [rows, columns]
   * @param out [rows]
   */
  void rowSums(MatrixView m, Slice out);

  /**
   * Sums over the rows, one for each column: out[j] = Σ_i m[i, j] (the bias gradient).
   *
   * @param m [rows, columns]
   * @param out [columns]
   * @param accumulate whether the old content of {@code out} is added
   */
  void columnSums(MatrixView m, Slice out, boolean accumulate);

  /**
   * out[i] = ln Σ_j exp(x[i, j]), computed with the row's maximum taken out.
   *
   * @param x [rows, columns]
   * @param out [rows]
   */
  void logSumExp(MatrixView x, Slice out);

  /**
   * Softmax of each row.
   *
   * @param x [rows, columns]
   * @param out [rows, columns]; may be {@code x} itself
   */
  void softmax(MatrixView x, MatrixView out);

  /**
   * Cross-entropy of each row's softmax with its label, in nats: losses[i] = −ln p(labels[i] | row
   * i).
   *
   * @param logits [rows, columns]
   * @param labels [rows] class indices 0 … columns−1 as floats, so that they live in the same
   *     memory as everything else
   * @param losses [rows]
   */
  void softmaxCrossEntropy(MatrixView logits, Slice labels, Slice losses);

  /**
   * Pullback of {@link #softmaxCrossEntropy}: d[i, j] = dLosses[i] · (softmax(row i)[j] − [j =
   * labels[i]]).
   *
   * @param logits [rows, columns]
   * @param labels [rows]
   * @param dLosses [rows] gradient of the losses
   * @param dLogits [rows, columns]
   * @param accumulate whether dLogits is added to
   */
  void softmaxCrossEntropyPullback(
      MatrixView logits, Slice labels, Slice dLosses, MatrixView dLogits, boolean accumulate);
}
