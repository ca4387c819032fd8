package io.github.bmr4j.models.data;

import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.kernels.Philox;

/**
 * Random words that are a pure function of (seed, stream, step): Philox 4×32-10 under the key
 * (seed), over the counters (0, 1, …; stream; step). One object serves one caller; it allocates
 * nothing after its construction.
 */
final class CounterWords {

  private final long seed;
  private final int stream;
  private final int[] block = new int[4];

  private long step;
  private int counter;
  private int used;

  /**
   * @param seed of the run
   * @param index of the quantity among those of the data
   */
  CounterWords(long seed, int index) {
    this.seed = seed;
    this.stream = Streams.of(Streams.Purpose.DATA, index);
    restart(0);
  }

  /** Goes to the first word of a step. */
  void restart(long newStep) {
    step = newStep;
    counter = 0;
    used = block.length;
  }

  int next() {
    if (used == block.length) {
      Philox.block(
          (int) seed,
          (int) (seed >>> 32),
          counter++,
          stream,
          (int) step,
          (int) (step >>> 32),
          block,
          0);
      used = 0;
    }
    return block[used++];
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
