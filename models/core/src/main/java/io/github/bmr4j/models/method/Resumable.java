package io.github.bmr4j.models.method;

import java.util.SortedMap;
import java.util.concurrent.locks.Lock;

/**
 * A run that can be saved while it goes on, and that goes on from what was saved to the same bits
 * as without a stop: noise and the order of the data are functions of seed and step, so that the
 * number of steps says where they are. {@link Checkpoints} saves it.
 */
public interface Resumable {

  /**
   * Held by the run while a step or a pruning changes its state, and free in between, evaluations
   * included. Who holds it may read the state from any thread.
   */
  Lock lock();

  /**
   * Sets what is called after each step, on the run's thread and with {@link #lock} held.
   *
   * @param action in place of the one before
   */
  void afterStep(Runnable action);

  /** All that the rest of the run depends on and that is not a setting. */
  RunState state();

  /** What must be the same when the run goes on: its settings by their names. */
  SortedMap<String, String> settings();

  /** Number of training steps so far. */
  long steps();
}
