package io.github.bmr4j.kernels.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Random slices and matrices between guards that must stay as they are. */
final class Data {

  /** Lengths around the boundaries of groups, of counters and of partial sums. */
  static final int[] SIZES = {
    0, 1, 2, 15, 16, 17, 63, 64, 65, 255, 256, 257, 1023, 1025, 4103, 70_001
  };

  private static final int GUARD = 19;
  private static final float GUARD_VALUE = -12345.678f;

  private Data() {}

  static Slice zeros(int length) {
    float[] array = new float[length + 2 * GUARD];
    Arrays.fill(array, GUARD_VALUE);
    Slice slice = new Slice(array, GUARD, length);
    slice.fill(0);
    return slice;
  }

  static Slice uniform(int length, long seed, double low, double high) {
    SplittableRandom random = new SplittableRandom(seed);
    Slice slice = zeros(length);
    for (int i = 0; i < length; i++) {
      slice.set(i, (float) (low + (high - low) * random.nextDouble()));
    }
    return slice;
  }

  static Slice copy(Slice from) {
    Slice copy = zeros(from.length());
    copy.copyFrom(from.array(), from.offset());
    return copy;
  }

  /** A matrix with gaps between its rows. */
  static MatrixView matrix(int rows, int columns, long seed, double low, double high) {
    int stride = columns + 3;
    Slice slice = uniform(Math.max(1, rows) * stride, seed, low, high);
    return new MatrixView(slice.array(), slice.offset() + 1, rows, columns, stride);
  }

  static MatrixView copy(MatrixView m) {
    return new MatrixView(m.array().clone(), m.offset(), m.rows(), m.columns(), m.stride());
  }

  /** |expected − actual| ≤ absolute + relative |expected|, NaN and infinities equal, guards too. */
  static void assertClose(
      Slice expected, Slice actual, double absolute, double relative, String what) {
    assertClose(expected.array(), actual.array(), absolute, relative, what);
  }

  static void assertClose(
      MatrixView expected, MatrixView actual, double absolute, double relative, String what) {
    assertClose(expected.array(), actual.array(), absolute, relative, what);
  }

  private static void assertClose(
      float[] expected, float[] actual, double absolute, double relative, String what) {
    assertEquals(expected.length, actual.length, what);
    for (int i = 0; i < expected.length; i++) {
      double e = expected[i];
      double tolerance = Double.isFinite(e) ? absolute + relative * Math.abs(e) : 0;
      // Not through assertEquals' delta alone, which must be positive.
      if (Double.compare(e, actual[i]) != 0 && !(Math.abs(e - actual[i]) <= tolerance)) {
        fail(what + ", element " + i + ": expected " + e + ", but was " + actual[i]);
      }
    }
  }
}
