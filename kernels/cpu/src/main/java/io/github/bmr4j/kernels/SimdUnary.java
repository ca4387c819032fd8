package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.SQRT;

import jdk.incubator.vector.FloatVector;

/**
 * y = f(x) for a run of floats: one loop a function, so that each compiles to straight code, with
 * the scalar twin for what does not fill a vector.
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
      case TANH -> tanh(x, xo, y, yo, n);
      case SIGMOID -> sigmoid(x, xo, y, yo, n);
      case SWISH -> swish(x, xo, y, yo, n);
      case GELU_TANH -> geluTanh(x, xo, y, yo, n);
      case GELU -> gelu(x, xo, y, yo, n);
      case SOFTPLUS -> softplus(x, xo, y, yo, n);
      case EXP -> exp(x, xo, y, yo, n);
      case LOG -> log(x, xo, y, yo, n);
      case SQUARE -> square(x, xo, y, yo, n);
      case SQRT -> sqrt(x, xo, y, yo, n);
      case ERF -> erf(x, xo, y, yo, n);
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

  private static void tanh(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.tanh(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.tanh(x[xo + i]);
    }
  }

  private static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.sigmoid(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.sigmoid(x[xo + i]);
    }
  }

  private static void swish(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.swish(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.swish(x[xo + i]);
    }
  }

  private static void geluTanh(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.geluTanh(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.geluTanh(x[xo + i]);
    }
  }

  private static void gelu(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.gelu(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.gelu(x[xo + i]);
    }
  }

  private static void softplus(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.softplus(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.softplus(x[xo + i]);
    }
  }

  private static void exp(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.exp(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.exp(x[xo + i]);
    }
  }

  private static void log(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.log(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.log(x[xo + i]);
    }
  }

  private static void square(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      given.mul(given).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = x[xo + i] * x[xo + i];
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

  private static void erf(float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      VectorMath.erf(FloatVector.fromArray(FLOAT, x, xo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = FloatMath.erf(x[xo + i]);
    }
  }
}
