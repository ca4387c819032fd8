package io.github.bmr4j.models.data;

import java.util.Arrays;

/**
 * The examples to learn from and those to measure with.
 *
 * @param train to learn from
 * @param test to measure with: never seen before
 */
public record Split(Dataset train, Dataset test) {

  /** Checks that both are of one kind. */
  public Split {
    if (!train.inputShape().equals(test.inputShape())
        || !train.classNames().equals(test.classNames())
        || train.targetSize() != test.targetSize()) {
      throw new IllegalArgumentException(
          "Train and test part must have the same shapes and classes, but are "
              + train
              + " with "
              + train.classNames().size()
              + " classes, and "
              + test
              + " with "
              + test.classNames().size());
    }
  }

  private static final int STREAM = 4;

  /**
   * A random part for testing, the rest for learning.
   *
   * @param all examples, at least 2
   * @param testShare in (0, 1); at least one example goes into each part
   * @param seed decides which go where
   */
  public static Split random(Dataset all, double testShare, long seed) {
    if (!(testShare > 0 && testShare < 1) || all.size() < 2) {
      throw new IllegalArgumentException(
          "A split needs at least 2 examples and a share in (0, 1), but got "
              + all.size()
              + " and "
              + testShare);
    }
    int[] order = new int[all.size()];
    Arrays.setAll(order, i -> i);
    new CounterWords(seed, STREAM).shuffle(order, order.length);
    int test = Math.clamp(Math.round(all.size() * testShare), 1, all.size() - 1);
    return new Split(
        all.select(Arrays.copyOfRange(order, test, order.length)),
        all.select(Arrays.copyOf(order, test)));
  }
}
