package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * The softmax of sixteen short rows at once, in scratch memory of the thread where they stand
 * transposed: a lane for each row, so that a row of ten classes wastes no lanes and nothing is
 * summed across lanes.
 *
 * <p>Sums leave the row's maximum out, whose exponential is 1, and are taken as z = Σ exp(x − max)
 * − 1: the loss ln(1 + z) of a confident prediction and its gradient −z/(1 + z) keep their relative
 * accuracy. Relative error of z at most 2⁻²⁴ for each column, beside that of the exponential.
 */
final class SimdShortRows {

  /** Rows of a tile. */
  static final int ROWS = SimdSums.VIRTUAL_LANES;

  /** Columns that a row may have here. */
  static final int COLUMNS = 128;

  private static final ThreadLocal<SimdShortRows> OF_THREAD =
      ThreadLocal.withInitial(SimdShortRows::new);

  /** x − max and its exponential, [columns, ROWS]. */
  private final float[] differences = new float[COLUMNS * ROWS];

  private final float[] exponentials = new float[COLUMNS * ROWS];

  private final float[] maxima = new float[ROWS];
  private final float[] rest = new float[ROWS];
  private final float[] total = new float[ROWS];
  private final float[] correction = new float[ROWS];
  private final float[] logs = new float[ROWS];
  private final float[] factors = new float[ROWS];

  private int row;
  private int rows;
  private int columns;

  private SimdShortRows() {}

  /** The scratch memory of the current thread. */
  static SimdShortRows ofThread() {
    return OF_THREAD.get();
  }

  /** Whether rows are short enough. */
  static boolean fits(MatrixView x) {
    return x.columns() > 0 && x.columns() <= COLUMNS;
  }

  /** Takes up to sixteen rows and computes maxima, exponentials and their sums. */
  void load(MatrixView x, int row, int rows) {
    this.row = row;
    this.rows = rows;
    columns = x.columns();
    int n = columns * ROWS;
    if (rows < ROWS) {
      Arrays.fill(differences, 0, n, 0f);
    }
    for (int i = 0; i < rows; i++) {
      int at = x.offset() + (row + i) * x.stride();
      fill(x.array(), at, columns, differences, i);
    }
    subtractMaxima(differences, columns, maxima);
    System.arraycopy(differences, 0, exponentials, 0, n);
    VectorMath.exp(exponentials, n);
    sums(differences, exponentials, columns, rest, total, correction);
  }

  private static void fill(float[] x, int at, int columns, float[] t, int i) {
    for (int j = 0; j < columns; j++) {
      t[j * ROWS + i] = x[at + j];
    }
  }

  private static void subtractMaxima(float[] t, int columns, float[] maxima) {
    int n = columns * ROWS;
    for (int lane = 0; lane < ROWS; lane += LANES) {
      FloatVector max = FloatVector.fromArray(FLOAT, t, lane);
      for (int i = lane + ROWS; i < n; i += ROWS) {
        // Cheaper than max() of Java's rules; a NaN comes back by its exponential.
        FloatVector next = FloatVector.fromArray(FLOAT, t, i);
        max = max.blend(next, next.compare(GT, max));
      }
      max.intoArray(maxima, lane);
      for (int i = lane; i < n; i += ROWS) {
        FloatVector.fromArray(FLOAT, t, i).sub(max).intoArray(t, i);
      }
    }
  }

  /** z, u = 1 + z as rounded, and what that lost, relative to u. */
  private static void sums(
      float[] differences, float[] e, int columns, float[] rest, float[] total, float[] lost) {
    int n = columns * ROWS;
    FloatVector zero = FloatVector.zero(FLOAT);
    FloatVector one = FloatVector.broadcast(FLOAT, 1f);
    for (int lane = 0; lane < ROWS; lane += LANES) {
      FloatVector smaller = zero;
      FloatVector equal = FloatVector.broadcast(FLOAT, -1f);
      for (int i = lane; i < n; i += ROWS) {
        FloatVector term = FloatVector.fromArray(FLOAT, e, i);
        VectorMask<Float> max = FloatVector.fromArray(FLOAT, differences, i).compare(EQ, 0f);
        smaller = smaller.add(term.blend(zero, max));
        // Not add(1, max), whose masked form boxes in some compilations.
        equal = equal.add(zero.blend(one, max));
      }
      FloatVector z = smaller.add(equal);
      FloatVector u = z.add(1f);
      z.intoArray(rest, lane);
      u.intoArray(total, lane);
      z.sub(u.sub(1f)).div(u).intoArray(lost, lane);
    }
  }

  /** ln(1 + z) for all rows. */
  private void logarithms() {
    VectorMath.log(total, logs, ROWS);
    SimdArithmetic.add(logs, 0, correction, 0, logs, 0, ROWS);
  }

  /** out = ln Σ exp(x). */
  void logSumExp(MatrixView x, Slice out) {
    logarithms();
    for (int i = 0; i < rows; i++) {
      float result = maxima[i] + logs[i];
      if (Float.isInfinite(maxima[i])) {
        result = ofInfinite(x, row + i, maxima[i]);
      }
      out.array()[out.offset() + row + i] = result;
    }
  }

  /** An infinite maximum is the result itself, since the differences are no numbers then. */
  private static float ofInfinite(MatrixView x, int row, float max) {
    for (int j = 0; j < x.columns(); j++) {
      if (Float.isNaN(x.get(row, j))) {
        return Float.NaN;
      }
    }
    return max;
  }

  /** losses = ln Σ exp(x) − x[label]. */
  void crossEntropy(Slice labels, Slice losses) {
    logarithms();
    for (int i = 0; i < rows; i++) {
      int label = (int) labels.array()[labels.offset() + row + i];
      losses.array()[losses.offset() + row + i] = logs[i] - differences[label * ROWS + i];
    }
  }

  /** out = softmax(x). */
  void softmax(MatrixView out) {
    Arrays.fill(factors, 1f);
    divide(exponentials, columns, factors, total);
    store(out, false);
  }

  /** dLogits = [dLogits +] dLosses (softmax(x) − [j = label]). */
  void crossEntropyPullback(Slice labels, Slice dLosses, MatrixView dLogits, boolean accumulate) {
    Arrays.fill(factors, rows, ROWS, 0f);
    System.arraycopy(dLosses.array(), dLosses.offset() + row, factors, 0, rows);
    for (int i = 0; i < rows; i++) {
      int label = (int) labels.array()[labels.offset() + row + i];
      int at = label * ROWS + i;
      // (e - 1) - z, which is -z where the label has the maximum.
      exponentials[at] = (exponentials[at] - 1f) - rest[i];
    }
    divide(exponentials, columns, factors, total);
    store(dLogits, accumulate);
  }

  /** e = e factor / total. */
  private static void divide(float[] e, int columns, float[] factors, float[] total) {
    for (int lane = 0; lane < ROWS; lane += LANES) {
      FloatVector factor =
          FloatVector.fromArray(FLOAT, factors, lane)
              .div(FloatVector.fromArray(FLOAT, total, lane));
      for (int i = lane; i < columns * ROWS; i += ROWS) {
        FloatVector.fromArray(FLOAT, e, i).mul(factor).intoArray(e, i);
      }
    }
  }

  private void store(MatrixView out, boolean accumulate) {
    for (int i = 0; i < rows; i++) {
      int to = out.offset() + (row + i) * out.stride();
      if (accumulate) {
        add(exponentials, i, columns, out.array(), to);
      } else {
        copy(exponentials, i, columns, out.array(), to);
      }
    }
  }

  private static void copy(float[] t, int i, int columns, float[] out, int to) {
    for (int j = 0; j < columns; j++) {
      out[to + j] = t[j * ROWS + i];
    }
  }

  private static void add(float[] t, int i, int columns, float[] out, int to) {
    for (int j = 0; j < columns; j++) {
      out[to + j] += t[j * ROWS + i];
    }
  }
}
