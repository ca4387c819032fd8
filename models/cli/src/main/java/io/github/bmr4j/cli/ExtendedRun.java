package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.Resumable;
import io.github.bmr4j.models.method.RunState;
import java.util.SortedMap;
import java.util.concurrent.locks.Lock;
import java.util.function.UnaryOperator;

/** A run together with what the command itself remembers of it, saved as one. */
final class ExtendedRun implements Resumable {

  /** How long all processes that had a part in the run have taken. */
  private record Clock(long nanos) {}

  private final Resumable run;
  private final UnaryOperator<RunState> more;

  private final long start;

  /** What processes that were stopped have taken. */
  private volatile long earlier;

  /**
   * @param run to save
   * @param start when the command began, by {@link System#nanoTime}
   * @param more adds what else belongs to its state
   */
  ExtendedRun(Resumable run, long start, UnaryOperator<RunState> more) {
    this.run = run;
    this.start = start;
    this.more = more;
  }

  /** Wall time so far, that of processes that were stopped up to their last checkpoint. */
  double seconds() {
    return nanos() * 1e-9;
  }

  private long nanos() {
    return earlier + System.nanoTime() - start;
  }

  @Override
  public RunState state() {
    return more.apply(run.state())
        .progress("clock", Clock.class, () -> new Clock(nanos()), saved -> earlier = saved.nanos());
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
