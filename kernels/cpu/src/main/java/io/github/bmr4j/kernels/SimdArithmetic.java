package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/** Arithmetic on runs of n floats; an output may be the same run as an input. */
final class SimdArithmetic {

  private SimdArithmetic() {}

  /** out = a + b. */
  static void add(float[] a, int ao, float[] b, int bo, float[] out, int to, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector first = FloatVector.fromArray(FLOAT, a, ao + i);
      first.add(FloatVector.fromArray(FLOAT, b, bo + i)).intoArray(out, to + i);
    }
    for (; i < n; i++) {
      out[to + i] = a[ao + i] + b[bo + i];
    }
  }

  /** out = a − b. */
  static void subtract(float[] a, int ao, float[] b, int bo, float[] out, int to, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector first = FloatVector.fromArray(FLOAT, a, ao + i);
      first.sub(FloatVector.fromArray(FLOAT, b, bo + i)).intoArray(out, to + i);
    }
    for (; i < n; i++) {
      out[to + i] = a[ao + i] - b[bo + i];
    }
  }

  /** out = a · b. */
  static void multiply(float[] a, int ao, float[] b, int bo, float[] out, int to, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector first = FloatVector.fromArray(FLOAT, a, ao + i);
      first.mul(FloatVector.fromArray(FLOAT, b, bo + i)).intoArray(out, to + i);
    }
    for (; i < n; i++) {
      out[to + i] = a[ao + i] * b[bo + i];
    }
  }

  /** out = a / b. */
  static void divide(float[] a, int ao, float[] b, int bo, float[] out, int to, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector first = FloatVector.fromArray(FLOAT, a, ao + i);
      first.div(FloatVector.fromArray(FLOAT, b, bo + i)).intoArray(out, to + i);
    }
    for (; i < n; i++) {
      out[to + i] = a[ao + i] / b[bo + i];
    }
  }

  /** y = y + a · b in one rounding. */
  static void addProduct(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector first = FloatVector.fromArray(FLOAT, a, ao + i);
      FloatVector second = FloatVector.fromArray(FLOAT, b, bo + i);
      first.fma(second, FloatVector.fromArray(FLOAT, y, yo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = Math.fma(a[ao + i], b[bo + i], y[yo + i]);
    }
  }

  /** y = x + c. */
  static void addConstant(float c, float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector.fromArray(FLOAT, x, xo + i).add(c).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = x[xo + i] + c;
    }
  }

  /** y = alpha · x. */
  static void scale(float alpha, float[] x, int xo, float[] y, int yo, int n) {
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector.fromArray(FLOAT, x, xo + i).mul(alpha).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = alpha * x[xo + i];
    }
  }

  /** y = y + alpha · x in one rounding. */
  static void addScaled(float alpha, float[] x, int xo, float[] y, int yo, int n) {
    FloatVector factor = FloatVector.broadcast(FLOAT, alpha);
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, xo + i);
      given.fma(factor, FloatVector.fromArray(FLOAT, y, yo + i)).intoArray(y, yo + i);
    }
    for (; i < n; i++) {
      y[yo + i] = Math.fma(alpha, x[xo + i], y[yo + i]);
    }
  }
}
