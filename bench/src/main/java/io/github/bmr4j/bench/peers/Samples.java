package io.github.bmr4j.bench.peers;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The samples of one contender on one workload. On a shared machine a sample is clean when its
 * threads waited for a processor for less than four hundredths of the time. One thread's time is
 * its processor time, which being interrupted does not lengthen; of several threads it is the wall
 * clock's, and only clean samples count.
 */
final class Samples {

  /** Share of waiting up to which a sample is clean. */
  private static final double CLEAN = 0.04;

  /** With fewer clean samples the least disturbed third stands for them. */
  private static final int ENOUGH = 5;

  private record Sample(double seconds, double disturbance) {}

  private final int threads;
  private final List<Sample> samples = new ArrayList<>();

  Samples(int threads) {
    this.threads = threads;
  }

  /**
   * Adds a sample.
   *
   * @param calls in it
   * @param wall seconds of all of them by the clock
   * @param running seconds on processors, 0 if unknown
   * @param waiting seconds ready but not on a processor
   */
  void add(int calls, double wall, double running, double waiting) {
    double seconds = threads == 1 && running > 0 ? running : wall;
    samples.add(new Sample(seconds / calls, waiting / (wall * threads)));
  }

  private int clean() {
    return (int) samples.stream().filter(sample -> sample.disturbance() < CLEAN).count();
  }

  /** Whether fewer samples than wanted were clean. */
  boolean disturbed() {
    return threads > 1 && clean() < ENOUGH;
  }

  /** Seconds of a call. */
  double median() {
    return quantile(0.5);
  }

  /** The q-th quantile of the seconds of a call, between neighbours linear. */
  double quantile(double q) {
    double[] sorted = used().stream().mapToDouble(Sample::seconds).sorted().toArray();
    double at = q * (sorted.length - 1);
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }

  /** How many samples count. */
  int counted() {
    return threads == 1 ? samples.size() : clean();
  }

  private List<Sample> used() {
    if (threads == 1) {
      return samples;
    }
    if (disturbed()) {
      return samples.stream()
          .sorted(Comparator.comparingDouble(Sample::disturbance))
          .limit(Math.max(3, samples.size() / 3))
          .toList();
    }
    return samples.stream().filter(sample -> sample.disturbance() < CLEAN).toList();
  }
}
