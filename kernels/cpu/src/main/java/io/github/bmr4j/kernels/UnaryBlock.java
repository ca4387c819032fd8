package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import java.util.Arrays;

/**
 * The element-wise functions and their derivatives over blocks that stay in the first-level cache:
 * each loop of {@link VectorMath} leaves its result, in whole vectors, in the scratch memory of the
 * thread for the next. Same bits as {@link FloatMath}.
 */
final class UnaryBlock {

  /** Elements of a block: 2 KiB an array. */
  static final int SIZE = 512;

  private static final ThreadLocal<UnaryBlock> OF_THREAD = ThreadLocal.withInitial(UnaryBlock::new);

  private final float[] x = new float[SIZE];
  private final float[] y = new float[SIZE];
  private final float[] e = new float[SIZE];
  private final float[] low = new float[SIZE];
  private final float[] out = new float[SIZE];

  private UnaryBlock() {}

  /** The block of the current thread. */
  static UnaryBlock ofThread() {
    return OF_THREAD.get();
  }

  /** y[yo + i] = f(x[xo + i]) for 0 ≤ i &lt; n. */
  void apply(UnaryFunction f, float[] x, int xo, float[] y, int yo, int n) {
    for (int i = 0; i < n; i += SIZE) {
      int count = Math.min(SIZE, n - i);
      int whole = load(x, xo + i, count, this.x);
      values(f, whole);
      System.arraycopy(out, 0, y, yo + i, count);
    }
  }

  /**
   * f′(x) for up to {@value #SIZE} arguments, computed from x or from y = f(x), whichever costs
   * less.
   *
   * @return the derivatives, valid until the next call
   */
  float[] derivatives(UnaryFunction f, float[] x, int xo, float[] y, int yo, int count) {
    int whole = load(x, xo, count, this.x);
    load(y, yo, count, this.y);
    derivatives(f, whole);
    return out;
  }

  /** Copies a block, zeros behind it; returns its length in whole vectors. */
  private static int load(float[] from, int at, int count, float[] to) {
    int whole = FLOAT.loopBound(count + LANES - 1);
    System.arraycopy(from, at, to, 0, count);
    Arrays.fill(to, count, whole, 0f);
    return whole;
  }

  private void values(UnaryFunction f, int n) {
    switch (f) {
      case EXP -> {
        System.arraycopy(x, 0, out, 0, n);
        VectorMath.exp(out, n);
      }
      case LOG -> VectorMath.log(x, out, n);
      case TANH -> VectorMath.tanh(x, out, n);
      case SIGMOID -> {
        exponentialOfMagnitude(n);
        VectorMath.sigmoid(x, e, out, n);
      }
      case SWISH -> {
        exponentialOfMagnitude(n);
        VectorMath.sigmoid(x, e, e, n);
        VectorMath.gated(x, e, out, n);
      }
      case SOFTPLUS -> {
        exponentialOfMagnitude(n);
        VectorMath.softplus(x, e, out, n);
      }
      case SIN -> VectorMath.sine(x, 0, out, n);
      case COS -> VectorMath.sine(x, 1, out, n);
      case ERF -> {
        VectorMath.logErfc(x, e, n);
        VectorMath.exp(e, n);
        VectorMath.erf(x, e, out, n);
      }
      case GELU -> {
        normalCdf(n);
        VectorMath.gated(x, out, out, n);
      }
      case GELU_TANH -> {
        geluTanhExponential(n);
        VectorMath.sigmoid(x, e, e, n);
        VectorMath.gated(x, e, out, n);
      }
      case IDENTITY, RELU, SQUARE, SQRT -> throw new AssertionError(f);
    }
  }

  private void derivatives(UnaryFunction f, int n) {
    switch (f) {
      case EXP -> System.arraycopy(y, 0, out, 0, n);
      case LOG -> VectorMath.reciprocal(1f, x, out, n);
      case SQUARE -> SimdArithmetic.add(x, 0, x, 0, out, 0, n);
      case SQRT -> VectorMath.reciprocal(0.5f, y, out, n);
      case TANH -> VectorMath.oneMinusSquare(y, out, n);
      case SIGMOID -> VectorMath.timesComplement(y, out, n);
      case SOFTPLUS -> {
        exponentialOfMagnitude(n);
        VectorMath.sigmoid(x, e, out, n);
      }
      case SWISH -> {
        exponentialOfMagnitude(n);
        VectorMath.clamp(x, FloatMath.GATE_LIMIT, y, n);
        VectorMath.gatedDerivative(x, e, y, out, n);
      }
      case SIN -> VectorMath.sine(x, 1, out, n);
      case COS -> {
        VectorMath.sine(x, 0, out, n);
        SimdArithmetic.scale(-1f, out, 0, out, 0, n);
      }
      case ERF -> {
        gaussian(1f, n);
        SimdArithmetic.scale(FloatMath.TWO_INV_SQRT_PI, e, 0, out, 0, n);
      }
      case GELU -> {
        normalCdf(n);
        VectorMath.geluDerivative(y, e, out, out, n);
      }
      case GELU_TANH -> {
        geluTanhExponential(n);
        VectorMath.geluTanhFactor(y, y, n);
        VectorMath.gatedDerivative(x, e, y, out, n);
      }
      case IDENTITY, RELU -> throw new AssertionError(f);
    }
  }

  /** e = e^−|x|. */
  private void exponentialOfMagnitude(int n) {
    VectorMath.negativeMagnitude(x, e, n);
    VectorMath.exp(e, n);
  }

  /** y = x within bounds, e = e^(−a y²). */
  private void gaussian(float a, int n) {
    VectorMath.clamp(x, FloatMath.NORMAL_LIMIT, y, n);
    VectorMath.squares(y, a, e, low, n);
    VectorMath.expOfSum(e, low, n);
  }

  /** y = x within bounds, e = e^(−y²/2), out = Φ(y). */
  private void normalCdf(int n) {
    gaussian(0.5f, n);
    VectorMath.normalCdf(y, e, out, n);
  }

  /** y = x within bounds, e = e^−|v| of y. */
  private void geluTanhExponential(int n) {
    VectorMath.clamp(x, FloatMath.GELU_TANH_LIMIT, y, n);
    VectorMath.geluTanhArgument(y, e, low, n);
    VectorMath.expOfSum(e, low, n);
  }
}
