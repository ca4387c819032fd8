package io.github.bmr4j.models.pruning;

import java.util.Arrays;

/**
 * The n-th largest of many floats, exactly, in two passes over them and half a megabyte: a
 * histogram of the upper sixteen bits of their order, then one of the lower sixteen of those in the
 * bucket that holds it. Safe for several threads; the result does not depend on them.
 */
final class EvidenceQuantile {

  private static final int BUCKETS = 1 << 16;

  private final long rank;
  private final long[] counts = new long[BUCKETS];
  private int upper = -1;
  private long above;

  /**
   * @param rank of the value looked for among the values by falling size, from 1
   */
  EvidenceQuantile(long rank) {
    this.rank = rank;
  }

  /** A float's place in the order of all floats, as an unsigned number; −0 counts as 0. */
  private static int order(float value) {
    int bits = Float.floatToRawIntBits(value + 0f);
    return bits < 0 ? ~bits : bits | Integer.MIN_VALUE;
  }

  private static float value(int order) {
    return Float.intBitsToFloat(order < 0 ? order & Integer.MAX_VALUE : ~order);
  }

  /**
   * Counts values; all of them, once before {@link #refine} and once after.
   *
   * @param values to count
   * @param count of values
   * @param active says which of them take part
   */
  void add(float[] values, int count, BitMask.Part active) {
    int[] local = new int[BUCKETS];
    for (int i = 0; i < count; i++) {
      int order = order(values[i]);
      if (active.get(i) && (upper < 0 || order >>> 16 == upper)) {
        local[upper < 0 ? order >>> 16 : order & (BUCKETS - 1)]++;
      }
    }
    synchronized (this) {
      for (int b = 0; b < BUCKETS; b++) {
        counts[b] += local[b];
      }
    }
  }

  /** Between the two passes. */
  synchronized void refine() {
    upper = bucket();
    Arrays.fill(counts, 0);
  }

  /** After the second pass: the value. */
  synchronized float value() {
    return value(upper << 16 | bucket());
  }

  /** The bucket that holds the value; what is above it is counted in {@link #above}. */
  private int bucket() {
    for (int b = BUCKETS - 1; b >= 0; b--) {
      if (above + counts[b] >= rank) {
        return b;
      }
      above += counts[b];
    }
    throw new IllegalStateException("There are only " + above + " values, not " + rank);
  }
}
