package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.Resumable;
import io.github.bmr4j.models.method.RunState;
import java.util.SortedMap;
import java.util.concurrent.locks.Lock;
import java.util.function.UnaryOperator;

/**
 * A run together with what the command itself remembers of it, saved as one.
 *
 * @param run to save
 * @param more adds what else belongs to its state
 */
record ExtendedRun(Resumable run, UnaryOperator<RunState> more) implements Resumable {

  @Override
  public RunState state() {
    return more.apply(run.state());
  }

  @Override
  public Lock lock() {
    return run.lock();
  }

  @Override
  public void afterStep(Runnable action) {
    run.afterStep(action);
  }

  @Override
  public SortedMap<String, String> settings() {
    return run.settings();
  }

  @Override
  public long steps() {
    return run.steps();
  }
}
