package io.github.bmr4j.cli;

/**
 * Estimates how long a run of training steps, prunings and two evaluations still takes, from how
 * long each kind took so far. The latest steps count most: the first ones run before the JVM has
 * compiled them, and later ones have less to do.
 */
final class TimeLeft {

  /** Share of a new step in the running mean; some 50 steps are remembered. */
  private static final double SHARE = 0.02;

  private final long totalSteps;
  private final int totalRounds;
  private long last;
  private long steps;
  private int rounds;
  private long heardSteps;
  private int heardRounds;
  private double stepSeconds;
  private double roundSeconds;
  private double evaluationSeconds;

  /**
   * @param totalSteps of the run
   * @param totalRounds prunings of the run
   * @param now in nanoseconds, as all times
   */
  TimeLeft(long totalSteps, int totalRounds, long now) {
    this.totalSteps = totalSteps;
    this.totalRounds = totalRounds;
    this.last = now;
  }

  /**
   * A training step has ended.
   *
   * @param step its number in the run, of which an earlier process may have done a part
   */
  void step(long step, long now) {
    steps = step;
    heardSteps++;
    double seconds = since(now);
    // A plain mean at first, so that the estimate does not hang on the first step.
    stepSeconds += (seconds - stepSeconds) * Math.max(SHARE, 1.0 / heardSteps);
  }

  /**
   * A pruning has ended, its evaluations included.
   *
   * @param round its number in the run
   */
  void round(int round, long now) {
    rounds = round;
    heardRounds++;
    roundSeconds += (since(now) - roundSeconds) / heardRounds;
  }

  /** An evaluation has ended. */
  void evaluation(long now) {
    evaluationSeconds = since(now);
  }

  /** In seconds. */
  double left() {
    return (totalSteps - steps) * stepSeconds
        + (totalRounds - rounds) * roundSeconds
        + evaluationSeconds;
  }

  private double since(long now) {
    double seconds = (now - last) * 1e-9;
    last = now;
    return seconds;
  }
}
