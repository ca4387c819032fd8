package io.github.bmr4j.engine.optim;

/** A learning rate as a function of the step, counted from 1. */
@FunctionalInterface
public interface LearningRate {

  /** η of step {@code step}. */
  double at(long step);

  /** The same rate always. */
  static LearningRate constant(double rate) {
    checkPositive(rate);
    return step -> rate;
  }

  /**
   * Linear from near 0 to {@code after}'s own value over {@code steps} steps, then {@code after}.
   */
  static LearningRate warmUp(long steps, LearningRate after) {
    return step -> step >= steps ? after.at(step) : after.at(step) * step / steps;
  }

  /**
   * Half a cosine from {@code from} at step 1 to {@code to} at step {@code steps}, then {@code to}.
   */
  static LearningRate cosine(double from, double to, long steps) {
    checkPositive(from);
    return step -> {
      double progress = Math.min(1, (step - 1) / (double) Math.max(1, steps - 1));
      return to + (from - to) * 0.5 * (1 + Math.cos(Math.PI * progress));
    };
  }

  /** {@code rate · decay^(step − 1)}. */
  static LearningRate exponential(double rate, double decay) {
    checkPositive(rate);
    return step -> rate * Math.pow(decay, step - 1);
  }

  private static void checkPositive(double rate) {
    if (!(rate > 0) || Double.isInfinite(rate)) {
      throw new IllegalArgumentException(
          "A learning rate must be positive and finite, but is " + rate);
    }
  }
}
