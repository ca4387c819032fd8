package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.MAX;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The steps of a softmax over one row: its maximum, the exponentials with the maximum taken out,
 * block by block in scratch memory of the thread, and their sum.
 */
final class SimdSoftmax {

  /** Elements of a block: those of a block of a sum. */
  static final int BLOCK = SimdSums.BLOCK;

  private static final ThreadLocal<SimdSoftmax> OF_THREAD =
      ThreadLocal.withInitial(SimdSoftmax::new);

  private final float[] e = new float[BLOCK];
  private final float[] lanes = new float[SimdSums.VIRTUAL_LANES];

  private SimdSoftmax() {}

  /** The scratch memory of the current thread. */
  static SimdSoftmax ofThread() {
    return OF_THREAD.get();
  }

  /** The largest of n elements; NaN if one is, −∞ if there are none. */
  static float max(float[] x, int at, int n) {
    FloatVector lowest = FloatVector.broadcast(FLOAT, Float.NEGATIVE_INFINITY);
    FloatVector max = lowest;
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      max = max.max(FloatVector.fromArray(FLOAT, x, at + i));
    }
    if (i < n) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, n);
      max = max.max(lowest.blend(FloatVector.fromArray(FLOAT, x, at + i, mask), mask));
    }
    return max.reduceLanes(MAX);
  }

  /** Σ exp(x − max) over n elements, in the order of {@link SimdSums}. */
  double sumExp(float[] x, int at, int n, float max) {
    double sum = 0;
    for (int from = 0; from < n; from += BLOCK) {
      int count = Math.min(BLOCK, n - from);
      exponentials(x, at + from, count, max);
      sum += SimdSums.blockSum(e, 0, count, lanes, 0);
    }
    return sum;
  }

  /** out = factor · exp(x − max), or out = out + factor · exp(x − max), over n elements. */
  void scaledExp(
      float[] x, int at, int n, float max, float factor, float[] out, int to, boolean accumulate) {
    for (int from = 0; from < n; from += BLOCK) {
      int count = Math.min(BLOCK, n - from);
      if (n > BLOCK) {
        // Of a row of one block they are still there from the sum.
        exponentials(x, at + from, count, max);
      }
      if (accumulate) {
        SimdArithmetic.addScaled(factor, e, 0, out, to + from, count);
      } else {
        SimdArithmetic.scale(factor, e, 0, out, to + from, count);
      }
    }
  }

  /** e = exp(x − max) for up to {@value SimdSums#BLOCK} elements. */
  private void exponentials(float[] x, int at, int count, float max) {
    int whole = FLOAT.loopBound(count + LANES - 1);
    System.arraycopy(x, at, e, 0, count);
    Arrays.fill(e, count, whole, max);
    subtract(e, max, whole);
    VectorMath.exp(e, whole);
  }

  private static void subtract(float[] x, float value, int n) {
    for (int i = 0; i < n; i += LANES) {
      FloatVector.fromArray(FLOAT, x, i).sub(value).intoArray(x, i);
    }
  }
}
