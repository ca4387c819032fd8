package io.github.bmr4j.models.data;

/**
 * Which examples a training step sees: a pure function of (seed, step), so that a run can be
 * resumed at any step and draws what it would have drawn. All batches have one size.
 *
 * <p>An object keeps buffers: one thread at a time. {@link #fill} allocates nothing.
 */
public sealed interface Batches permits IndependentBatches, ShuffledBatches {

  /**
   * Fills in the rows of a step's batch.
   *
   * @param step of the run, from 0
   * @param examples takes the rows; as long as a batch
   * @throws IllegalArgumentException when the step is negative or the array has another length
   */
  void fill(long step, int[] examples);

  /** How many examples a batch has. */
  int batchSize();

  /** How many steps draw as many examples as there are, rounded down, at least 1. */
  long stepsPerEpoch();

  /**
   * Batches drawn without replacement, each independent of the others, as in the code of Marković,
   * Friston and Kiebel (2024): an example may come again in the next batch.
   *
   * @param examples how many there are
   * @param batchSize in 1 … examples
   * @param seed of the run
   */
  static Batches independent(int examples, int batchSize, long seed) {
    return new IndependentBatches(examples, batchSize, seed);
  }

  /**
   * Batches that go through all examples in a new order in each epoch. What is left when the size
   * of the data is no multiple of the batch's is skipped in that epoch (other examples in each).
   *
   * @param examples how many there are
   * @param batchSize in 1 … examples
   * @param seed of the run
   */
  static Batches shuffled(int examples, int batchSize, long seed) {
    return new ShuffledBatches(examples, batchSize, seed);
  }

  /** Refuses sizes that give no batch. */
  static void checkSizes(int examples, int batchSize) {
    if (batchSize < 1 || batchSize > examples) {
      throw new IllegalArgumentException(
          "The batch size must lie in 1 … " + examples + ", the examples, but is " + batchSize);
    }
  }

  /** Refuses a negative step and an array of another length than the batch's. */
  static void checkFill(long step, int[] target, int batchSize) {
    if (step < 0 || target.length != batchSize) {
      throw new IllegalArgumentException(
          "The step must be at least 0 and the array's length "
              + batchSize
              + ", but they are "
              + step
              + " and "
              + target.length);
    }
  }
}
