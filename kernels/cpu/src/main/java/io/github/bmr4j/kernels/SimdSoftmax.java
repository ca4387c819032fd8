package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static io.github.bmr4j.kernels.SimdSums.VIRTUAL_LANES;
import static jdk.incubator.vector.VectorOperators.MAX;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The three passes of a softmax over one row: its maximum, the sum of the exponentials, and the
 * exponentials again, scaled. Taking them twice costs less than keeping them. Short rows, such as
 * ten classes, are done with masks.
 */
final class SimdSoftmax {

  private SimdSoftmax() {}

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

  /** Σ exp(x − max) over n elements, in the order of {@link SimdSums}, in blocks. */
  static double sumExp(float[] x, int at, int n, float max, float[] lanes, int lo) {
    double sum = 0;
    for (int from = 0; from < n; from += SimdSums.BLOCK) {
      int count = Math.min(SimdSums.BLOCK, n - from);
      for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
        laneSumExp(x, at + from, lane, count, max, lanes, lo);
      }
      sum += SimdSums.total(lanes, lo);
    }
    return sum;
  }

  /** One vector of the virtual lanes of a block. */
  private static void laneSumExp(
      float[] x, int at, int lane, int n, float max, float[] lanes, int lo) {
    FloatVector sum = FloatVector.zero(FLOAT);
    int i = lane;
    for (; i + LANES <= n; i += VIRTUAL_LANES) {
      sum = sum.add(VectorMath.exp(FloatVector.fromArray(FLOAT, x, at + i).sub(max)));
    }
    if (i < n) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, n);
      FloatVector e = VectorMath.exp(FloatVector.fromArray(FLOAT, x, at + i, mask).sub(max));
      // The sum plus 0 is the sum: no term is negative.
      sum = sum.add(FloatVector.zero(FLOAT).blend(e, mask));
    }
    sum.intoArray(lanes, lo + lane);
  }

  /**
   * out = factor · exp(x − max), or out = out + factor · exp(x − max), over n elements.
   *
   * @param keep −1 to add to out, 0 to forget it
   */
  static void scaledExp(
      float[] x, int at, int n, float max, float factor, float[] out, int to, int keep) {
    FloatVector scale = FloatVector.broadcast(FLOAT, factor);
    int i = 0;
    for (int bound = FLOAT.loopBound(n); i < bound; i += LANES) {
      FloatVector old = FloatVector.fromArray(FLOAT, out, to + i);
      old = old.reinterpretAsInts().and(keep).reinterpretAsFloats();
      FloatVector e = VectorMath.exp(FloatVector.fromArray(FLOAT, x, at + i).sub(max));
      e.fma(scale, old).intoArray(out, to + i);
    }
    if (i < n) {
      VectorMask<Float> mask = FLOAT.indexInRange(i, n);
      FloatVector old = FloatVector.fromArray(FLOAT, out, to + i, mask);
      old = old.reinterpretAsInts().and(keep).reinterpretAsFloats();
      FloatVector e = VectorMath.exp(FloatVector.fromArray(FLOAT, x, at + i, mask).sub(max));
      e.fma(scale, old).intoArray(out, to + i, mask);
    }
  }
}
