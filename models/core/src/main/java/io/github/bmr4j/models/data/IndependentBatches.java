package io.github.bmr4j.models.data;

import java.util.Arrays;

/** Batches without replacement, each drawn afresh from all examples. */
final class IndependentBatches implements Batches {

  private static final int STREAM = 0;

  private final int examples;
  private final int batchSize;
  private final CounterWords words;

  /** All rows, for a batch of more than half of them; else null. */
  private final int[] all;

  /** A hash table of the rows drawn already, −1 where empty, at most half full; else null. */
  private final int[] drawn;

  IndependentBatches(int examples, int batchSize, long seed) {
    Batches.checkSizes(examples, batchSize);
    this.examples = examples;
    this.batchSize = batchSize;
    this.words = new CounterWords(seed, STREAM);
    boolean most = batchSize > examples / 2;
    this.all = most ? new int[examples] : null;
    this.drawn = most ? null : new int[Integer.highestOneBit(batchSize) * 4];
  }

  @Override
  public void fill(long step, int[] target) {
    Batches.checkFill(step, target, batchSize);
    words.restart(step);
    if (all != null) {
      Arrays.setAll(all, i -> i);
      words.shuffle(all, batchSize);
      System.arraycopy(all, 0, target, 0, batchSize);
    } else {
      drawWithRejection(target);
    }
  }

  // At most half of the rows are drawn, so a row is drawn again less than once on average.
  private void drawWithRejection(int[] target) {
    Arrays.fill(drawn, -1);
    int mask = drawn.length - 1;
    int shift = Integer.numberOfLeadingZeros(mask);
    for (int i = 0; i < batchSize; ) {
      int row = words.nextBelow(examples);
      // Fibonacci hashing: the product's highest bits are the well mixed ones.
      int slot = (row * 0x9E3779B9) >>> shift;
      while (drawn[slot] >= 0 && drawn[slot] != row) {
        slot = (slot + 1) & mask;
      }
      if (drawn[slot] != row) {
        drawn[slot] = row;
        target[i++] = row;
      }
    }
  }

  @Override
  public int batchSize() {
    return batchSize;
  }

  @Override
  public long stepsPerEpoch() {
    return examples / batchSize;
  }
}
