package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.random.Streams;

/**
 * Which draw of the weights a graph computes with. Shared by all sampled nodes of a model, so that
 * one call moves them all to the next draw; they draw again only when it has changed.
 */
public final class Sampling {

  private final long seed;
  private Streams.Purpose purpose = Streams.Purpose.TRAINING;
  private long step;
  private boolean mean;
  private long version = 1;

  /**
   * @param seed the run's seed
   */
  public Sampling(long seed) {
    this.seed = seed;
  }

  /** The weights of training step {@code step}. */
  public void training(long step) {
    set(Streams.Purpose.TRAINING, step, false);
  }

  /**
   * The {@code sample}-th draw for predictions and estimates; independent of all training draws.
   */
  public void prediction(long sample) {
    set(Streams.Purpose.PREDICTION, sample, false);
  }

  /** No noise: each weight at its posterior mean. */
  public void posteriorMean() {
    set(Streams.Purpose.PREDICTION, 0, true);
  }

  /** Says that parameters or masks have changed, so that the same draw must be computed anew. */
  public void invalidate() {
    version++;
  }

  private void set(Streams.Purpose purpose, long step, boolean mean) {
    this.purpose = purpose;
    this.step = step;
    this.mean = mean;
    version++;
  }

  long seed() {
    return seed;
  }

  int stream(int index) {
    return Streams.of(purpose, index);
  }

  long step() {
    return step;
  }

  boolean isMean() {
    return mean;
  }

  boolean isTraining() {
    return purpose == Streams.Purpose.TRAINING && !mean;
  }

  /** Changes whenever a draw may have changed. */
  long version() {
    return version;
  }
}
