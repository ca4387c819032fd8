package io.github.bmr4j.models.data;

/**
 * The order in which an epoch goes through all examples: a pure function of (seed, epoch). An
 * object keeps buffers: one thread at a time.
 */
public final class Epochs {

  private static final int STREAM = 2;

  private final int[] order;
  private final CounterWords words;
  private final boolean shuffled;

  /**
   * @param examples how many there are
   * @param shuffled whether each epoch has an order of its own
   * @param seed of the run
   */
  public Epochs(int examples, boolean shuffled, long seed) {
    this.order = new int[examples];
    this.words = new CounterWords(seed, STREAM);
    this.shuffled = shuffled;
  }

  /**
   * The examples' rows in the order of an epoch; overwritten by the next call.
   *
   * @param epoch from 0
   */
  public int[] order(long epoch) {
    for (int i = 0; i < order.length; i++) {
      order[i] = i;
    }
    if (shuffled) {
      words.restart(epoch);
      words.shuffle(order, order.length);
    }
    return order;
  }
}
