package io.github.bmr4j.kernels.opencl.kernel;

import io.github.bmr4j.kernels.UnaryFunction;

/** The numbers by which kernels know the unary functions. */
public final class FunctionNumbers {

  static final int IDENTITY = 0;
  static final int RELU = 1;
  static final int TANH = 2;
  static final int SIGMOID = 3;
  static final int SWISH = 4;
  static final int GELU_TANH = 5;
  static final int GELU = 6;
  static final int SOFTPLUS = 7;
  static final int EXP = 8;
  static final int LOG = 9;
  static final int SQUARE = 10;
  static final int SQRT = 11;
  static final int ERF = 12;
  static final int SIN = 13;
  static final int COS = 14;

  private FunctionNumbers() {}

  /** The number of a function. */
  public static int of(UnaryFunction function) {
    return switch (function) {
      case IDENTITY -> IDENTITY;
      case RELU -> RELU;
      case TANH -> TANH;
      case SIGMOID -> SIGMOID;
      case SWISH -> SWISH;
      case GELU_TANH -> GELU_TANH;
      case GELU -> GELU;
      case SOFTPLUS -> SOFTPLUS;
      case EXP -> EXP;
      case LOG -> LOG;
      case SQUARE -> SQUARE;
      case SQRT -> SQRT;
      case ERF -> ERF;
      case SIN -> SIN;
      case COS -> COS;
    };
  }
}
