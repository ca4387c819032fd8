package io.github.bmr4j.models.pruning;

/**
 * When is pruned, and how far. Times are whatever is counted consistently: prunings in {@link
 * TargetSparsity}, steps elsewhere.
 */
public sealed interface SparsitySchedule {

  /** At the first time. */
  static SparsitySchedule atOnce() {
    return new OneShot(1);
  }

  /**
   * Once.
   *
   * @param time when
   */
  record OneShot(long time) implements SparsitySchedule {}

  /**
   * The whole target, again and again.
   *
   * @param every distance in time, at least 1
   * @param start first time
   * @param end last time
   */
  record Periodic(long every, long start, long end) implements SparsitySchedule {

    /**
     * @throws IllegalArgumentException if the distance is below 1 or the end before the start
     */
    public Periodic {
      check(every, start, end);
    }
  }

  /**
   * More and more, fast at first: s = target · (1 − (1 − (t + 1 − start)/(end − start))ᵖ) (Zhu and
   * Gupta: To prune, or not to prune, 2017, with p = 3).
   *
   * @param every distance in time, at least 1
   * @param start first time
   * @param end when the target is reached, the last time
   * @param power p, positive
   */
  record Polynomial(long every, long start, long end, double power) implements SparsitySchedule {

    /**
     * @throws IllegalArgumentException if the distance is below 1, the end before the start or the
     *     power not positive
     */
    public Polynomial {
      check(every, start, end);
      if (!(power > 0)) {
        throw new IllegalArgumentException("A power must be positive, but is " + power);
      }
    }

    /** Of power 3. */
    public static Polynomial cubic(long every, long start, long end) {
      return new Polynomial(every, start, end, 3);
    }
  }

  private static void check(long every, long start, long end) {
    if (every < 1 || end < start) {
      throw new IllegalArgumentException(
          "A schedule has a distance of at least 1 and no end before its start, but got every "
              + every
              + " from "
              + start
              + " to "
              + end);
    }
  }

  /** Whether is pruned at a time. */
  default boolean isDue(long time) {
    return switch (this) {
      case OneShot(long only) -> time == only;
      case Periodic(long every, long start, long end) -> isDue(time, every, start, end);
      case Polynomial(long every, long start, long end, double _) -> isDue(time, every, start, end);
    };
  }

  private static boolean isDue(long time, long every, long start, long end) {
    return time >= start && time <= end && (time - start) % every == 0;
  }

  /**
   * The sparsity at a time.
   *
   * @param time when
   * @param target in the end
   */
  default double sparsity(long time, double target) {
    if (this instanceof Polynomial(long _, long start, long end, double power)) {
      double length = Math.max(1, end - start);
      double progress = Math.clamp((time + 1 - start) / length, 0.0, 1.0);
      return target * (1 - Math.pow(1 - progress, power));
    }
    return target;
  }
}
