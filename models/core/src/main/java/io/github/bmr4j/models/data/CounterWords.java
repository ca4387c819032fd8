package io.github.bmr4j.models.data;

import io.github.bmr4j.engine.random.PhiloxWords;
import io.github.bmr4j.engine.random.Streams;

/** Random words of the data's streams, and what is drawn from them in whole numbers. */
final class CounterWords extends PhiloxWords {

  /**
   * @param seed of the run
   * @param index of the quantity among those of the data
   */
  CounterWords(long seed, int index) {
    super(seed, Streams.of(Streams.Purpose.DATA, index));
  }

  /**
   * A number that is exactly uniform in 0 … bound − 1 (Lemire: Fast random integer generation in an
   * interval, 2019, algorithm 5).
   *
   * @param bound at least 1
   */
  int nextBelow(int bound) {
    long product = (next() & 0xffff_ffffL) * bound;
    if ((product & 0xffff_ffffL) < bound) {
      // 2^32 mod bound: the low words below it would make some results more likely than others.
      long threshold = (1L << 32) % bound;
      while ((product & 0xffff_ffffL) < threshold) {
        product = (next() & 0xffff_ffffL) * bound;
      }
    }
    return (int) (product >>> 32);
  }

  /** Puts an array's first elements, as many as wanted, in uniformly random choice and order. */
  void shuffle(int[] array, int first) {
    for (int i = 0; i < first && i < array.length - 1; i++) {
      int j = i + nextBelow(array.length - i);
      int swap = array[i];
      array[i] = array[j];
      array[j] = swap;
    }
  }
}
