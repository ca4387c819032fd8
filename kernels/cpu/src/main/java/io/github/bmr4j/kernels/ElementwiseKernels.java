package io.github.bmr4j.kernels;

/**
 * Arithmetic and functions element by element. All slices of one call have the same length. An
 * output may be the same slice as an input unless said otherwise, but may not overlap it partly.
 */
public interface ElementwiseKernels {

  /** y = x. */
  void copy(Slice x, Slice y);

  /** y = value. */
  void fill(Slice y, float value);

  /** out = a + b. */
  void add(Slice a, Slice b, Slice out);

  /** out = a − b. */
  void subtract(Slice a, Slice b, Slice out);

  /** out = a · b. */
  void multiply(Slice a, Slice b, Slice out);

  /** out = a / b. */
  void divide(Slice a, Slice b, Slice out);

  /** y = alpha · x. */
  void scale(float alpha, Slice x, Slice y);

  /** y = y + alpha · x, in one rounding where the machine has FMA. */
  void addScaled(float alpha, Slice x, Slice y);

  /** y = y + a · b, in one rounding where the machine has FMA. */
  void addProduct(Slice a, Slice b, Slice y);

  /**
   * y = f(x). Error at most 4 ulp of the result; for SWISH and GELU_TANH of {@code max(|y|, 2⁻²⁰)},
   * for GELU 6 ulp of that. NaN in, NaN out.
   */
  void apply(UnaryFunction f, Slice x, Slice y);

  /**
   * dx = dy · f′(x), or dx = dx + dy · f′(x).
   *
   * @param x the argument of the forward pass
   * @param y its result
   * @param dy gradient of the result
   * @param dx gradient of the argument
   * @param accumulate whether dx is added to
   */
  void applyPullback(UnaryFunction f, Slice x, Slice y, Slice dy, Slice dx, boolean accumulate);

  /**
   * Adds a row to each row of a matrix: m[i, j] = m[i, j] + row[j].
   *
   * @param row [columns]
   * @param m [rows, columns]
   */
  void addRow(Slice row, MatrixView m);
}
