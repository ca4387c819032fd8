package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.reduction.GaussianReduction;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Factors;
import io.github.bmr4j.models.io.TensorReader;
import java.util.Locale;
import java.util.Optional;

/**
 * Computes the pruning of a posterior in a file again, in double and in one pass: each ΔF from the
 * posterior, on which side of its tensor's threshold it lies, and how many left with what sum.
 */
public final class PosteriorCheck {

  private static final int BLOCK = 1 << 16;

  /** Largest difference of a sum of ΔF, relative to the larger of 1 nat and the sum of amounts. */
  private static final double SUM_TOLERANCE = 1e-5;

  private final GaussianPosteriorReader posterior;
  private final TensorReader pruned;
  private long removed;
  private double predicted;

  /**
   * @param posterior as it was before
   * @param pruned has {@code X.mask} for each tensor X of it
   */
  public PosteriorCheck(GaussianPosteriorReader posterior, TensorReader pruned) {
    this.posterior = posterior;
    this.pruned = pruned;
  }

  /**
   * Checks one tensor.
   *
   * @param of the posterior
   * @param priorVariance v of the prior N(0, v)
   * @param threshold that ΔF was compared with, in nats
   * @param kept weights left, as certified
   * @param sum Σ ΔF of what left in nats, as certified
   * @return what differs first, with both values and where; empty if all agrees
   */
  public Optional<String> firstDifference(
      Factors of, double priorVariance, double threshold, long kept, double sum) {
    boolean[] before =
        posterior.tensors().contains(of.name() + ".mask")
            ? posterior.tensors().readBooleans(of.name() + ".mask")
            : null;
    boolean[] after = pruned.readBooleans(of.name() + ".mask");
    if (after.length != of.size()) {
      return Optional.of(
          of.name() + " has " + of.size() + " weights, but its mask " + after.length);
    }
    float[] mean = new float[BLOCK];
    float[] deviation = new float[BLOCK];
    long left = 0;
    double expectedSum = 0;
    double amounts = 0;
    for (int from = 0; from < after.length; from += BLOCK) {
      int count = Math.min(BLOCK, after.length - from);
      posterior.read(of, from, count, mean, deviation);
      for (int i = 0; i < count; i++) {
        boolean was = before == null || before[from + i];
        if (after[from + i] && !was) {
          return Optional.of(of.name() + "[" + (from + i) + "] is back, but had left before");
        }
        if (!was) {
          continue;
        }
        if (!Float.isFinite(mean[i]) || !CertificateCheck.isPositive(deviation[i])) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "%s[%d] has the posterior mean %s and standard deviation %s",
                  of.name(),
                  from + i,
                  mean[i],
                  deviation[i]));
        }
        double precision = 1 / ((double) deviation[i] * deviation[i]);
        double deltaF = GaussianReduction.spikeDeltaF(mean[i], precision, priorVariance);
        double signal = precision * mean[i] * mean[i];
        double slack = CertificateCheck.TOLERANCE * Math.max(1, Math.abs(deltaF) + signal);
        boolean stays = after[from + i];
        if (stays ? deltaF > threshold + slack : !(deltaF >= threshold - slack)) {
          return Optional.of(
              String.format(
                  Locale.ROOT,
                  "%s[%d] %s, but dF = %s is %s the threshold %s",
                  of.name(),
                  from + i,
                  stays ? "stayed" : "left",
                  deltaF,
                  stays ? "above" : "below",
                  threshold));
        }
        left += stays ? 1 : 0;
        removed += stays ? 0 : 1;
        expectedSum += stays ? 0 : deltaF;
        amounts += stays ? 0 : Math.abs(deltaF);
      }
    }
    predicted += expectedSum;
    if (left != kept) {
      return Optional.of(
          of.name()
              + " has "
              + kept
              + " weights left in the certificate, but "
              + left
              + " in fact");
    }
    if (!(Math.abs(expectedSum - sum) <= SUM_TOLERANCE * Math.max(1, amounts))) {
      return Optional.of(
          of.name() + " has the sum dF = " + sum + " in the certificate, but it is " + expectedSum);
    }
    return Optional.empty();
  }

  /** Decisions that were checked: weights that left. */
  public long removed() {
    return removed;
  }

  /** Σ ΔF of the weights that left, in nats, as computed again. */
  public double predicted() {
    return predicted;
  }
}
