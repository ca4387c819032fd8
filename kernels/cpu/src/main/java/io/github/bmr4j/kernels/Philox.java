package io.github.bmr4j.kernels;

/**
 * The counter-based generator Philox 4×32-10: a keyed bijection of 128-bit counters, so that random
 * words are a pure function of (key, counter) and need no state.
 *
 * <p>Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3; SC 2011, section 4.3.
 * {@link NoiseKernels} says how noise is made of its words.
 */
public final class Philox {

  /** Number of rounds. */
  static final int ROUNDS = 10;

  /** Multiplier of counter word 0. */
  static final int MULTIPLIER_0 = 0xD2511F53;

  /** Multiplier of counter word 2. */
  static final int MULTIPLIER_1 = 0xCD9E8D57;

  /** Added to key word 0 after each round: the golden ratio's fraction. */
  static final int WEYL_0 = 0x9E3779B9;

  /** Added to key word 1 after each round: the fraction of √3. */
  static final int WEYL_1 = 0xBB67AE85;

  private static final long LOW = 0xFFFF_FFFFL;

  private Philox() {}

  /**
   * Writes the four random words of one counter.
   *
   * @param key0 low word of the key
   * @param key1 high word of the key
   * @param counter0 word 0 of the counter
   * @param counter1 word 1 of the counter
   * @param counter2 word 2 of the counter
   * @param counter3 word 3 of the counter
   * @param words receives four words
   * @param offset where in {@code words}
   * @throws IndexOutOfBoundsException if there is no room for four words
   */
  public static void block(
      int key0,
      int key1,
      int counter0,
      int counter1,
      int counter2,
      int counter3,
      int[] words,
      int offset) {
    int k0 = key0;
    int k1 = key1;
    int c0 = counter0;
    int c1 = counter1;
    int c2 = counter2;
    int c3 = counter3;
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = (MULTIPLIER_0 & LOW) * (c0 & LOW);
      long product1 = (MULTIPLIER_1 & LOW) * (c2 & LOW);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c3 = (int) product0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    words[offset] = c0;
    words[offset + 1] = c1;
    words[offset + 2] = c2;
    words[offset + 3] = c3;
  }
}
