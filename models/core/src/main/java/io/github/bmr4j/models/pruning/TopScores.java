package io.github.bmr4j.models.pruning;

import java.util.Arrays;

/** The largest of many scores; of equal ones the first. */
final class TopScores {

  private TopScores() {}

  /** How many of {@code count} stay at a sparsity: rounded half to even, at least one. */
  static int kept(int count, double sparsity) {
    return Math.min(count, (int) Math.max(1, Math.rint(count * (1 - sparsity))));
  }

  /**
   * Which are among the largest.
   *
   * @param scores without NaN
   * @param count how many, at most as many as there are
   */
  static boolean[] largest(float[] scores, int count) {
    long[] keys = new long[scores.length];
    for (int i = 0; i < keys.length; i++) {
      // Ascending keys are descending scores, then ascending indices.
      keys[i] = (long) ~order(scores[i]) << 32 | i;
    }
    Arrays.sort(keys);
    boolean[] largest = new boolean[scores.length];
    for (int k = 0; k < count; k++) {
      largest[(int) keys[k]] = true;
    }
    return largest;
  }

  /** A float's place in the order of all floats, as a signed number; −0 counts as 0. */
  private static int order(float value) {
    int bits = Float.floatToRawIntBits(value + 0f);
    return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
  }
}
