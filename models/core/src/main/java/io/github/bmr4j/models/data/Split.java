package io.github.bmr4j.models.data;

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
}
