package io.github.bmr4j.models.data;

/** Batches that go through a new permutation of the examples in each epoch. */
final class ShuffledBatches implements Batches {

  private static final int STREAM = 1;

  private final int batchSize;
  private final CounterWords words;

  /** The permutation of {@link #epoch}; found again from the seed whenever another is asked for. */
  private final int[] order;

  private long epoch = -1;

  ShuffledBatches(int examples, int batchSize, long seed) {
    Batches.checkSizes(examples, batchSize);
    this.batchSize = batchSize;
    this.words = new CounterWords(seed, STREAM);
    this.order = new int[examples];
  }

  @Override
  public void fill(long step, int[] target) {
    Batches.checkFill(step, target, batchSize);
    long wanted = step / stepsPerEpoch();
    if (wanted != epoch) {
      for (int i = 0; i < order.length; i++) {
        order[i] = i;
      }
      words.restart(wanted);
      words.shuffle(order, order.length);
      epoch = wanted;
    }
    int first = (int) (step % stepsPerEpoch()) * batchSize;
    System.arraycopy(order, first, target, 0, batchSize);
  }

  @Override
  public int batchSize() {
    return batchSize;
  }

  @Override
  public long stepsPerEpoch() {
    return order.length / batchSize;
  }
}
