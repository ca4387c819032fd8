package io.github.bmr4j.engine.inference;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * The losses of the steps since the last reading, kept in the back end's memory: a device then
 * hands several steps' over at once, and never waits for the host in between.
 */
final class LossReadings {

  private final Backend backend;
  private final Slice kept;
  private final Slice[] places;
  private int count;
  private double mean = Double.NaN;

  /**
   * @param backend where losses are kept
   * @param period steps of a reading, positive
   */
  LossReadings(Backend backend, int period) {
    this.backend = backend;
    kept = Slice.of(backend.memory().allocate(period));
    places = new Slice[period];
    for (int i = 0; i < period; i++) {
      places[i] = kept.slice(i, 1);
    }
  }

  /** Keeps a step's loss, a slice of one element, as it will be once it is computed. */
  void keep(Slice loss) {
    backend.elementwise().copy(loss, places[count++]);
  }

  /** Whether it is time to {@link #read}: the first step, or as many as a reading has. */
  boolean isDue() {
    return Double.isNaN(mean) || count == places.length;
  }

  /**
   * Reads the losses that are kept, and waits for them.
   *
   * @return how many of them are finite before the first that is not; all, where all are
   */
  int read() {
    backend.memory().pull(kept);
    double sum = 0;
    int finite = 0;
    while (finite < count && Float.isFinite(kept.get(finite))) {
      sum += kept.get(finite++);
    }
    mean = sum / count;
    return finite;
  }

  /** Number of losses that are kept. */
  int count() {
    return count;
  }

  /** Forgets what was read, but for its mean. */
  void clear() {
    count = 0;
  }

  /** Loss {@code i} of those that were read. */
  float loss(int i) {
    return kept.get(i);
  }

  /** Mean of the losses of the last reading. */
  double mean() {
    return mean;
  }
}
