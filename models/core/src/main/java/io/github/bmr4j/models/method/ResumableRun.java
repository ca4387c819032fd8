package io.github.bmr4j.models.method;

import java.util.SortedMap;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** What resumable runs have in common: the lock, what is called after a step, the settings. */
abstract class ResumableRun implements Resumable {

  /** Fair: a run takes it again at once, and whoever saves it has to get in between. */
  private final Lock lock = new ReentrantLock(true);

  private final Record config;
  private Runnable afterStep = () -> {};

  /**
   * @param config settings
   */
  ResumableRun(Record config) {
    this.config = config;
  }

  @Override
  public final Lock lock() {
    return lock;
  }

  @Override
  public final void afterStep(Runnable action) {
    afterStep = action;
  }

  @Override
  public final SortedMap<String, String> settings() {
    return Settings.of(config);
  }

  /** Changes the state, with the lock held. */
  final void locked(Runnable change) {
    lock.lock();
    try {
      change.run();
    } finally {
      lock.unlock();
    }
  }

  /** To be called at the end of each step, within {@link #locked}. */
  final void stepped() {
    afterStep.run();
  }
}
