package io.github.bmr4j.models.data;

/**
 * Random words that are a pure function of (seed, stream, step): Philox 4×32-10 under the key
 * (seed), over the counters (0, 1, …; stream; step). One object serves one caller; it allocates
 * nothing after its construction.
 */
final class CounterWords {

  /** First stream of the purpose "order of examples, and splits". */
  static final int DATA_STREAMS = 3 << 24;

  private final long seed;
  private final int stream;
  private final int[] block = new int[4];

  private long step;
  private int counter;
  private int used;

  CounterWords(long seed, int stream) {
    this.seed = seed;
    this.stream = stream;
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
      philox(counter++);
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

  private void philox(int index) {
    int c0 = index;
    int c1 = stream;
    int c2 = (int) step;
    int c3 = (int) (step >>> 32);
    int k0 = (int) seed;
    int k1 = (int) (seed >>> 32);
    for (int round = 0; round < 10; round++) {
      long p0 = 0xD2511F53L * (c0 & 0xffff_ffffL);
      long p1 = 0xCD9E8D57L * (c2 & 0xffff_ffffL);
      c0 = (int) (p1 >>> 32) ^ c1 ^ k0;
      c2 = (int) (p0 >>> 32) ^ c3 ^ k1;
      c1 = (int) p1;
      c3 = (int) p0;
      k0 += 0x9E3779B9;
      k1 += 0xBB67AE85;
    }
    block[0] = c0;
    block[1] = c1;
    block[2] = c2;
    block[3] = c3;
  }
}
