package io.github.bmr4j.models.pruning;

import java.util.Arrays;

/**
 * Which of many weights are in the model, a bit each. Threads may write at once to parts that begin
 * at multiples of 64.
 */
final class BitMask {

  private final long size;
  private final long[] words;

  /** All are in the model. */
  BitMask(long size) {
    this.size = size;
    words = new long[Math.toIntExact(Math.ceilDiv(size, Long.SIZE))];
    Arrays.fill(words, -1L);
    if (size % Long.SIZE != 0) {
      words[words.length - 1] = (1L << size) - 1;
    }
  }

  private BitMask(long size, long[] words) {
    this.size = size;
    this.words = words;
  }

  BitMask copy() {
    return new BitMask(size, words.clone());
  }

  boolean get(long i) {
    return (words[(int) (i >>> 6)] & 1L << i) != 0;
  }

  /**
   * 64 of them, a bit each, the first one lowest; 0 for those behind the last.
   *
   * @param from the first, a multiple of 64
   */
  long bits(long from) {
    return words[(int) (from >>> 6)];
  }

  /**
   * Makes the values of weights that are not in the model 0.
   *
   * @param from the first weight, a multiple of 64
   * @param count of weights
   * @param values of them, from element 0
   */
  void apply(long from, int count, float[] values) {
    for (int i = 0; i < count; i += Long.SIZE) {
      long word = bits(from + i);
      int end = Math.min(count, i + Long.SIZE);
      for (int j = i; j < end; j++) {
        // Without a branch, since nothing foretells which weights left.
        int stays = -(int) ((word >>> j) & 1);
        values[j] = Float.intBitsToFloat(Float.floatToRawIntBits(values[j]) & stays);
      }
    }
  }

  void clear(long i) {
    words[(int) (i >>> 6)] &= ~(1L << i);
  }

  /** Number of weights in the model. */
  long count() {
    long count = 0;
    for (long word : words) {
      count += Long.bitCount(word);
    }
    return count;
  }

  long size() {
    return size;
  }

  /**
   * A part.
   *
   * @param from its first weight
   */
  Part from(long from) {
    return new Part(this, from);
  }

  /**
   * A part of a mask.
   *
   * @param mask as a whole
   * @param from the part's first weight
   */
  record Part(BitMask mask, long from) {

    boolean get(int i) {
      return mask.get(from + i);
    }

    /**
     * Takes weights out of the model, up to 64 at once.
     *
     * @param i the first of them, a multiple of 64
     * @param leave a bit for each that is to leave
     * @return a bit for each that was in the model and is to leave
     */
    long clear(int i, long leave) {
      int word = (int) ((from + i) >>> 6);
      long left = mask.words[word] & leave;
      mask.words[word] &= ~leave;
      return left;
    }
  }
}
