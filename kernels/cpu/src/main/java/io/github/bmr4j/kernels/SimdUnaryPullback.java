package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;

/**
 * dx = dy · f′(x), or dx = dx + dy · f′(x), for a run of floats: the pullbacks of {@link
 * SimdUnary}, from the argument x or, where it is cheaper, from the result y.
 *
 * <p>One loop does for storing and for adding: what is added to is the old dx, all bits masked away
 * where it is to be forgotten.
 */
final class SimdUnaryPullback {

  private static final int KEEP = -1;
  private static final int FORGET = 0;

  private SimdUnaryPullback() {}

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
  static void apply(
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
    int keep = accumulate ? KEEP : FORGET;
    switch (f) {
      case IDENTITY -> identity(dy, dyo, dx, dxo, n, keep);
      case RELU -> relu(x, xo, dy, dyo, dx, dxo, n, keep);
      case TANH -> tanh(y, yo, dy, dyo, dx, dxo, n, keep);
      case SIGMOID -> sigmoid(y, yo, dy, dyo, dx, dxo, n, keep);
      case SWISH -> swish(x, xo, dy, dyo, dx, dxo, n, keep);
      case GELU_TANH -> geluTanh(x, xo, dy, dyo, dx, dxo, n, keep);
      case GELU -> gelu(x, xo, dy, dyo, dx, dxo, n, keep);
      case SOFTPLUS -> softplus(x, xo, dy, dyo, dx, dxo, n, keep);
      case EXP -> exp(y, yo, dy, dyo, dx, dxo, n, keep);
      case LOG -> log(x, xo, dy, dyo, dx, dxo, n, keep);
      case SQUARE -> square(x, xo, dy, dyo, dx, dxo, n, keep);
      case SQRT -> sqrt(y, yo, dy, dyo, dx, dxo, n, keep);
      case ERF -> erf(x, xo, dy, dyo, dx, dxo, n, keep);
    }
  }

  private static void identity(float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, all(1f), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], 1f, dx, dxo + i, keep);
    }
  }

  private static void relu(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(
          d.blend(0f, FloatVector.fromArray(FLOAT, x, xo + i).compare(GT, 0f).not()),
          all(1f),
          dx,
          dxo + i,
          keep);
    }
    for (; i < n; i++) {
      store(x[xo + i] > 0f ? dy[dyo + i] : 0f, 1f, dx, dxo + i, keep);
    }
  }

  private static void tanh(
      float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOAT, y, yo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, r.neg().fma(r, all(1f)), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], Math.fma(-y[yo + i], y[yo + i], 1f), dx, dxo + i, keep);
    }
  }

  private static void sigmoid(
      float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOAT, y, yo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, r.mul(all(1f).sub(r)), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], y[yo + i] * (1f - y[yo + i]), dx, dxo + i, keep);
    }
  }

  private static void swish(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, VectorMath.swishDerivative(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], FloatMath.swishDerivative(x[xo + i]), dx, dxo + i, keep);
    }
  }

  private static void geluTanh(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, VectorMath.geluTanhDerivative(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], FloatMath.geluTanhDerivative(x[xo + i]), dx, dxo + i, keep);
    }
  }

  private static void gelu(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, VectorMath.geluDerivative(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], FloatMath.geluDerivative(x[xo + i]), dx, dxo + i, keep);
    }
  }

  private static void softplus(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, VectorMath.sigmoid(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], FloatMath.sigmoid(x[xo + i]), dx, dxo + i, keep);
    }
  }

  private static void exp(
      float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOAT, y, yo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, r, dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], y[yo + i], dx, dxo + i, keep);
    }
  }

  private static void log(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d.div(given), all(1f), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i] / x[xo + i], 1f, dx, dxo + i, keep);
    }
  }

  private static void square(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, given.add(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], x[xo + i] + x[xo + i], dx, dxo + i, keep);
    }
  }

  private static void sqrt(
      float[] y, int yo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector r = FloatVector.fromArray(FLOAT, y, yo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d.mul(0.5f).div(r), all(1f), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i] * 0.5f / y[yo + i], 1f, dx, dxo + i, keep);
    }
  }

  private static void erf(
      float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n, int keep) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      FloatVector d = FloatVector.fromArray(FLOAT, dy, dyo + i);
      store(d, VectorMath.erfDerivative(given), dx, dxo + i, keep);
    }
    for (; i < n; i++) {
      store(dy[dyo + i], FloatMath.erfDerivative(x[xo + i]), dx, dxo + i, keep);
    }
  }

  /** dx = dy · derivative + (dx or 0). */
  private static void store(FloatVector dy, FloatVector derivative, float[] dx, int at, int keep) {
    FloatVector old = FloatVector.fromArray(FLOAT, dx, at);
    old = old.reinterpretAsInts().and(keep).reinterpretAsFloats();
    dy.fma(derivative, old).intoArray(dx, at);
  }

  private static void store(float dy, float derivative, float[] dx, int at, int keep) {
    dx[at] = Math.fma(dy, derivative, keep == KEEP ? dx[at] : 0f);
  }

  private static FloatVector all(float value) {
    return FloatVector.broadcast(FLOAT, value);
  }
}
