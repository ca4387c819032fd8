package io.github.bmr4j.engine.random;

import io.github.bmr4j.kernels.Philox;

/**
 * Random words on the host that are a pure function of (seed, stream, step): Philox 4×32-10 under
 * the key (seed), over the counters (0, 1, …; stream; step). One object serves one caller; it
 * allocates nothing after its construction.
 */
public class PhiloxWords {

  private final long seed;
  private final int stream;
  private final int[] block = new int[4];

  private long step;
  private int counter;
  private int used;

  /**
   * At the first word of step 0.
   *
   * @param seed of the run
   * @param stream of the quantity, one of {@link Streams}
   */
  public PhiloxWords(long seed, int stream) {
    this.seed = seed;
    this.stream = stream;
    used = block.length;
  }

  /** Goes to the first word of a step. */
  public final void restart(long newStep) {
    step = newStep;
    counter = 0;
    used = block.length;
  }

  /** The next 32 random bits. */
  public final int next() {
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
}
