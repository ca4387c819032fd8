package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Sums of short blocks, in an order that the vector width does not change: four rows of sixteen
 * virtual lanes each, filled by as many real vectors as that takes. The rows are added pairwise,
 * what is left over goes to the lanes one by one, and the lanes are added in order in double.
 */
final class SimdSums {

  /** Elements of a block: few enough for float accumulators. */
  static final int BLOCK = 1024;

  /** Lanes of a row, real or not. */
  static final int VIRTUAL_LANES = 16;

  private static final int UNROLLED = 4 * VIRTUAL_LANES;

  /** Rows that are added to column sums side by side. */
  private static final int ROWS_AT_ONCE = 8;

  private SimdSums() {}

  /** Σ x[at + i] for 0 ≤ i &lt; n, block by block; {@code lanes} is scratch from index lo. */
  static double sum(float[] x, int at, int n, float[] lanes, int lo) {
    double sum = 0;
    for (int i = 0; i < n; i += BLOCK) {
      sum += blockSum(x, at + i, Math.min(BLOCK, n - i), lanes, lo);
    }
    return sum;
  }

  /** Σ x[at + i] for 0 ≤ i &lt; n, n ≤ 1,024. */
  static double blockSum(float[] x, int at, int n, float[] lanes, int lo) {
    int bound = n & -UNROLLED;
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      FloatVector sum0 = FloatVector.zero(FLOAT);
      FloatVector sum1 = sum0;
      FloatVector sum2 = sum0;
      FloatVector sum3 = sum0;
      for (int i = at + lane; i < at + bound; i += UNROLLED) {
        sum0 = sum0.add(FloatVector.fromArray(FLOAT, x, i));
        sum1 = sum1.add(FloatVector.fromArray(FLOAT, x, i + VIRTUAL_LANES));
        sum2 = sum2.add(FloatVector.fromArray(FLOAT, x, i + 2 * VIRTUAL_LANES));
        sum3 = sum3.add(FloatVector.fromArray(FLOAT, x, i + 3 * VIRTUAL_LANES));
      }
      sum0.add(sum1).add(sum2.add(sum3)).intoArray(lanes, lo + lane);
    }
    for (int i = bound; i < n; i++) {
      lanes[lo + (i & (VIRTUAL_LANES - 1))] += x[at + i];
    }
    return total(lanes, lo);
  }

  /** Σ a[ao + i] · b[bo + i] for 0 ≤ i &lt; n, n ≤ 1,024. */
  static double blockDot(float[] a, int ao, float[] b, int bo, int n, float[] lanes, int lo) {
    int bound = n & -UNROLLED;
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      FloatVector sum0 = FloatVector.zero(FLOAT);
      FloatVector sum1 = sum0;
      FloatVector sum2 = sum0;
      FloatVector sum3 = sum0;
      for (int i = lane; i < bound; i += UNROLLED) {
        int i1 = i + VIRTUAL_LANES;
        int i2 = i + 2 * VIRTUAL_LANES;
        int i3 = i + 3 * VIRTUAL_LANES;
        sum0 = load(a, ao + i).fma(load(b, bo + i), sum0);
        sum1 = load(a, ao + i1).fma(load(b, bo + i1), sum1);
        sum2 = load(a, ao + i2).fma(load(b, bo + i2), sum2);
        sum3 = load(a, ao + i3).fma(load(b, bo + i3), sum3);
      }
      sum0.add(sum1).add(sum2.add(sum3)).intoArray(lanes, lo + lane);
    }
    for (int i = bound; i < n; i++) {
      int lane = lo + (i & (VIRTUAL_LANES - 1));
      lanes[lane] = Math.fma(a[ao + i], b[bo + i], lanes[lane]);
    }
    return total(lanes, lo);
  }

  /**
   * Sums over a few rows, one for each of a few columns: out[to + j] = Σ_i x[at + i · stride + j].
   *
   * @param out has room for whole vectors
   */
  static void columns(float[] x, int at, int stride, int rows, int columns, float[] out, int to) {
    int bound = FLOAT.loopBound(columns);
    Arrays.fill(out, to, to + bound, 0f);
    int row = 0;
    for (; row + ROWS_AT_ONCE <= rows; row += ROWS_AT_ONCE) {
      addRows(x, at + row * stride, stride, bound, out, to);
    }
    for (; row < rows; row++) {
      SimdArithmetic.add(out, to, x, at + row * stride, out, to, bound);
    }
    if (bound < columns) {
      VectorMask<Float> mask = FLOAT.indexInRange(bound, columns);
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int i = 0; i < rows; i++) {
        sum = sum.add(FloatVector.fromArray(FLOAT, x, at + i * stride + bound, mask));
      }
      sum.intoArray(out, to + bound);
    }
  }

  /** Adds rows to sums, one row after the other; memory is read along all of them. */
  private static void addRows(float[] x, int at, int stride, int columns, float[] sums, int to) {
    int at1 = at + stride;
    int at2 = at + 2 * stride;
    int at3 = at + 3 * stride;
    int at4 = at + 4 * stride;
    int at5 = at + 5 * stride;
    int at6 = at + 6 * stride;
    int at7 = at + 7 * stride;
    for (int j = 0; j < columns; j += LANES) {
      FloatVector sum = load(sums, to + j).add(load(x, at + j)).add(load(x, at1 + j));
      sum = sum.add(load(x, at2 + j)).add(load(x, at3 + j)).add(load(x, at4 + j));
      sum = sum.add(load(x, at5 + j)).add(load(x, at6 + j)).add(load(x, at7 + j));
      sum.intoArray(sums, to + j);
    }
  }

  /** Index of the first element from {@code at} that is NaN or infinite, less at; or −1. */
  static int firstNonFinite(float[] x, int at, int n) {
    for (int from = 0; from < n; from += BLOCK) {
      int to = Math.min(from + BLOCK, n);
      if (!allFinite(x, at + from, to - from)) {
        for (int i = from; i < to; i++) {
          if (!Float.isFinite(x[at + i])) {
            return i;
          }
        }
      }
    }
    return -1;
  }

  /**
   * 0 · x is 0 for finite numbers only, and a NaN stays in a sum. Without vectors: this is called
   * so seldom that it is compiled late, and until then each vector would be an object; in four sums
   * it takes a cycle an element.
   */
  private static boolean allFinite(float[] x, int at, int n) {
    float sum0 = 0f;
    float sum1 = 0f;
    float sum2 = 0f;
    float sum3 = 0f;
    int i = 0;
    for (; i + 4 <= n; i += 4) {
      sum0 += 0f * x[at + i];
      sum1 += 0f * x[at + i + 1];
      sum2 += 0f * x[at + i + 2];
      sum3 += 0f * x[at + i + 3];
    }
    for (; i < n; i++) {
      sum0 += 0f * x[at + i];
    }
    return !Float.isNaN(sum0 + sum1 + sum2 + sum3);
  }

  /** The lanes in order, in double. */
  static double total(float[] lanes, int lo) {
    double total = 0;
    for (int i = 0; i < VIRTUAL_LANES; i++) {
      total += lanes[lo + i];
    }
    return total;
  }

  private static FloatVector load(float[] x, int at) {
    return FloatVector.fromArray(FLOAT, x, at);
  }
}
