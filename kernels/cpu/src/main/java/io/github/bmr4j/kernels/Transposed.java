package io.github.bmr4j.kernels;

/** Which factor of a matrix product lies in memory transposed. */
public enum Transposed {
  /** None: c = a b. */
  NONE("multiply"),
  /** The left one: c = aᵀ b. */
  LEFT("multiplyTransposedLeft"),
  /** The right one: c = a bᵀ. */
  RIGHT("multiplyTransposedRight");

  private final String operation;

  Transposed(String operation) {
    this.operation = operation;
  }

  /** The method of {@link MatrixKernels} for a single pair. */
  String operation() {
    return operation;
  }

  /** Whether k runs down the rows of a. */
  public boolean left() {
    return this == LEFT;
  }

  /** Whether k runs along the rows of b. */
  public boolean right() {
    return this == RIGHT;
  }

  /** The inner dimension k of the products of so many pairs, by their left factors. */
  public int inner(MatrixView a, int pairs) {
    return left() ? a.rows() / pairs : a.columns();
  }
}
