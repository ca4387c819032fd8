package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Slices for kernel tests: values from a fixed seed, between guards that must stay as they are. */
final class KernelData {

  /** Lengths around the boundaries of vectors, groups, blocks and parts. */
  static final int[] SIZES = {
    0, 1, 2, 3, 7, 15, 16, 17, 31, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1000, 1023, 1024, 1025,
    2047, 4103, 8191, 8192, 8193, 16385, 40_001
  };

  private static final int GUARD = 19;
  private static final float GUARD_VALUE = -12345.678f;

  private KernelData() {}

  /** {@code length} values between guards. */
  static Slice uniform(int length, long seed, double low, double high) {
    SplittableRandom random = new SplittableRandom(seed);
    Slice slice = guarded(length);
    for (int i = 0; i < length; i++) {
      slice.set(i, (float) (low + (high - low) * random.nextDouble()));
    }
    return slice;
  }

  /** Zeros between guards. */
  static Slice guarded(int length) {
    float[] array = new float[length + 2 * GUARD];
    Arrays.fill(array, GUARD_VALUE);
    Slice slice = new Slice(array, GUARD, length);
    slice.fill(0);
    return slice;
  }

  /** Another guarded slice with the same values. */
  static Slice copy(Slice from) {
    Slice copy = guarded(from.length());
    copy.copyFrom(from.array(), from.offset());
    return copy;
  }

  /** Fails if a kernel wrote beside a slice of {@link #guarded}. */
  static void assertGuards(Slice slice) {
    float[] array = slice.array();
    for (int i = 0; i < array.length; i++) {
      boolean inside = i >= slice.offset() && i < slice.offset() + slice.length();
      if (!inside && array[i] != GUARD_VALUE) {
        assertEquals(GUARD_VALUE, array[i], "guard " + (i - slice.offset()) + " of " + slice);
      }
    }
  }

  /** |expected − actual| ≤ absolute + relative · |expected|; NaN and infinities must be equal. */
  static void assertClose(
      Slice expected, Slice actual, double absolute, double relative, String what) {
    assertEquals(expected.length(), actual.length());
    for (int i = 0; i < expected.length(); i++) {
      double e = expected.get(i);
      double tolerance = absolute + relative * Math.abs(e);
      if (!(Math.abs(e - actual.get(i)) <= tolerance)) {
        assertEquals(e, actual.get(i), tolerance, what + ", element " + i);
      }
    }
    assertGuards(actual);
  }

  /** The same bits. */
  static void assertSame(Slice expected, Slice actual, String what) {
    assertEquals(expected.length(), actual.length(), what);
    for (int i = 0; i < expected.length(); i++) {
      int e = Float.floatToRawIntBits(expected.get(i));
      int a = Float.floatToRawIntBits(actual.get(i));
      if (e != a) {
        assertEquals(e, a, what + ", element " + i);
      }
    }
  }

  /** A hash of the bits. */
  static long checksum(Slice... slices) {
    long hash = 0xcbf29ce484222325L;
    for (Slice slice : slices) {
      for (int i = 0; i < slice.length(); i++) {
        hash = (hash ^ Float.floatToIntBits(slice.get(i))) * 0x100000001b3L;
      }
    }
    return hash;
  }
}
