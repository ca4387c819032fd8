package io.github.bmr4j.kernels.opencl.kernel;

/** The numbers by which {@link Binary} knows its operations. */
public final class ArithmeticNumbers {

  /** a + b. */
  public static final int ADD = 0;

  /** a − b. */
  public static final int SUBTRACT = 1;

  /** a b. */
  public static final int MULTIPLY = 2;

  /** a / b. */
  public static final int DIVIDE = 3;

  /** out + a b, rounded once. */
  public static final int ADD_PRODUCT = 4;

  private ArithmeticNumbers() {}
}
