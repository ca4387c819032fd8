package io.github.bmr4j.models.method;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.DoubleSupplier;

/**
 * Ends a run before its schedule does: when a score has not improved for some time, after which the
 * run's parameters, masks and optimiser are again as they were when it was best; or when another
 * thread asks for it, after which all is as at the last step. The score is the caller's, such as
 * the negative log likelihood of examples that are neither trained nor tested with.
 *
 * <p>It takes the place of what {@link Resumable#afterStep} had.
 */
public final class EarlyStopping {

  /** How a run ended. */
  public enum End {
    /** Its schedule was over. */
    SCHEDULE,
    /** The score had not improved for some time; the best is back. */
    PATIENCE,
    /** {@link #cancel} was called. */
    CANCELLED
  }

  private final Resumable run;
  private final DoubleSupplier score;
  private final long every;
  private final int patience;
  private final Path file;
  private double best = Double.POSITIVE_INFINITY;
  private long bestStep;
  private int worse;
  private boolean exhausted;
  private IOException failure;
  private volatile boolean cancelled;

  /**
   * @param run that has not started
   * @param score of the model as it is, asked for on the run's thread; less is better, and NaN is
   *     never the best
   * @param every steps from one score to the next, at least 1
   * @param patience how many scores in a row may be no better before the run ends, at least 1
   * @param file where the best is kept, a checkpoint; its folder must exist
   * @throws IllegalArgumentException if a number is below 1
   */
  public EarlyStopping(Resumable run, DoubleSupplier score, long every, int patience, Path file) {
    if (every < 1 || patience < 1) {
      throw new IllegalArgumentException(
          "A score every 1 or more steps and a patience of at least 1 are needed, but got "
              + every
              + " and "
              + patience);
    }
    this.run = run;
    this.score = score;
    this.every = every;
    this.patience = patience;
    this.file = file;
  }

  /** A run that ends only with its schedule, or by {@link #cancel}. */
  public static EarlyStopping onRequest(Resumable run) {
    return new EarlyStopping(run, () -> Double.NaN, Long.MAX_VALUE, 1, null);
  }

  /**
   * Runs.
   *
   * @param training runs what was given, for instance {@code () -> result = bmr.run()}
   * @return how it ended; unless by its schedule, {@code training} has not returned
   * @throws IOException if the best could not be kept or read
   */
  public End run(Runnable training) throws IOException {
    run.afterStep(this::stepped);
    try {
      training.run();
      return End.SCHEDULE;
    } catch (CancellationException ended) {
      if (failure != null) {
        throw failure;
      }
      if (!exhausted && !cancelled) {
        throw ended;
      }
      if (exhausted && bestStep > 0) {
        Checkpoints.resume(file, run, Map.of());
      }
      return exhausted ? End.PATIENCE : End.CANCELLED;
    } finally {
      run.afterStep(() -> {});
      if (file != null) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** Asks the run to end after the step that it is at; from any thread. */
  public void cancel() {
    cancelled = true;
  }

  /** The least score so far; infinite before the first. */
  public double best() {
    return best;
  }

  /** The step of the least score; 0 before the first. */
  public long bestStep() {
    return bestStep;
  }

  private void stepped() {
    if (cancelled) {
      throw new CancellationException("The run was cancelled after step " + run.steps());
    }
    if (run.steps() % every != 0) {
      return;
    }
    double now = score.getAsDouble();
    if (now < best) {
      best = now;
      bestStep = run.steps();
      worse = 0;
      try {
        Checkpoints.save(file, run, Map.of());
      } catch (IOException full) {
        failure = full;
        throw new CancellationException("The best could not be kept: " + full.getMessage());
      }
      return;
    }
    worse++;
    if (worse == patience) {
      exhausted = true;
      throw new CancellationException(
          "No better score than " + best + " of step " + bestStep + " since");
    }
  }
}
