package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.SQRT;

import jdk.incubator.vector.FloatVector;

/**
 * y = f(x) for a run of floats, and its pullback. What is one instruction is a loop here, the rest
 * is done by blocks in {@link UnaryBlock}.
 */
final class SimdUnary {

  private SimdUnary() {}

  /**
   * y[yo + i] = f(x[xo + i]) for 0 ≤ i &lt; n.
   *
   * @param f the function
   * @param x arguments; may be {@code y} itself with {@code xo == yo}
   * @param xo index of the first
   * @param y results
   * @param yo index of the first
   * @param n how many
   */
  static void apply(UnaryFunction f, float[] x, int xo, float[] y, int yo, int n) {
    switch (f) {
      case IDENTITY -> System.arraycopy(x, xo, y, yo, n);
      case RELU -> relu(x, xo, y, yo, n);
      case SQUARE -> SimdArithmetic.multiply(x, xo, x, xo, y, yo, n);
      case SQRT -> sqrt(x, xo, y, yo, n);
      case EXP, LOG, TANH, SIGMOID, SWISH, SOFTPLUS, ERF, SIN, COS, GELU, GELU_TANH ->
          UnaryBlock.ofThread().apply(f, x, xo, y, yo, n);
    }
  }

  /**
   * dx[dxo + i] = [dx[dxo + i] +] dy[dyo + i] · f′(x[xo + i]) for 0 ≤ i &lt; n.
   *
   * @param f the function
   * @param x arguments of the forward pass
   * @param xo index of the first
   * @param y results of the forward pass
   * @param yo index of the first
   * @param dy gradient of the results
   * @param dyo index of the first
   * @param dx gradient of the arguments; may be any of the inputs
   * @param dxo index of the first
   * @param n how many
   * @param accumulate whether the old dx is added
   */
  static void pullback(
      UnaryFunction f,
      float[] x,
      int xo,
      float[] y,
      int yo,
      float[] dy,
      int dyo,
      float[] dx,
      int dxo,
      int n,
      boolean accumulate) {
    switch (f) {
      case IDENTITY -> {
        if (accumulate) {
          SimdArithmetic.add(dx, dxo, dy, dyo, dx, dxo, n);
        } else {
          System.arraycopy(dy, dyo, dx, dxo, n);
        }
      }
      case RELU -> reluPullback(x, xo, dy, dyo, dx, dxo, n, accumulate ? -1 : 0);
      default -> {
        UnaryBlock block = UnaryBlock.ofThread();
        for (int i = 0; i < n; i += UnaryBlock.SIZE) {
          int count = Math.min(UnaryBlock.SIZE, n - i);
          float[] derivatives = block.derivatives(f, x, xo + i, y, yo + i, count);
          if (accumulate) {
            SimdArithmetic.addProduct(dy, dyo + i, derivatives, 0, dx, dxo + i, count);
          } else {
            SimdArithmetic.multiply(dy, dyo + i, derivatives, 0, dx, dxo + i, count);
          }
        }
      }
    }
  }

  private static void relu(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      given.blend(0f, given.compare(LE, 0f)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = x[xo + i] <= 0f ? 0f : x[xo + i];
    }
  }

  private static void sqrt(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector.fromArray(FLOAT, x, xo + i).lanewise(SQRT).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = (float) Math.sqrt(x[xo + i]);
    }
  }

  /** One loop for both: the old dx has all its bits masked away where it is to be forgotten. */
  private static void reluPullback(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    FloatVector zero = FloatVector.zero(FLOAT);
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      FloatVector old = FloatVector.fromArray(FLOAT, dx, dxo + i);
      old = old.reinterpretAsInts().and(keep).reinterpretAsFloats();
      old.add(zero.blend(d, given.compare(GT, 0f))).intoArray(dx, dxo + i);
    }
    for (; i < n; i++) {
      float old = Float.intBitsToFloat(Float.floatToRawIntBits(dx[dxo + i]) & keep);
      dx[dxo + i] = old + (x[xo + i] > 0f ? dy[dyo + i] : 0f);
    }
  }
}
