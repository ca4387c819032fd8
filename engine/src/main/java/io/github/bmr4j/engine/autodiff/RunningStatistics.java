package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * Means and variances of channels that {@link BatchNormalization} normalises by outside training:
 * averages over the batches of training that forget with {@link #MOMENTUM}.
 */
public final class RunningStatistics {

  /** Share of the newest batch, as PyTorch has it. */
  public static final double MOMENTUM = 0.1;

  private final Slice mean;
  private final Slice variance;

  /**
   * Mean 0 and variance 1.
   *
   * @param backend holds them
   * @param channels how many
   */
  public RunningStatistics(Backend backend, int channels) {
    mean = new Slice(backend.memory().allocate(channels), 0, channels);
    variance = new Slice(backend.memory().allocate(channels), 0, channels);
    variance.fill(1);
  }

  /** Means of the channels; read and written on the host. */
  public Slice mean() {
    return mean;
  }

  /** Variances of the channels, at least 0; read and written on the host. */
  public Slice variance() {
    return variance;
  }

  /** Takes in the mean and the unbiased variance that a batch has in a channel. */
  void include(int channel, double batchMean, double batchVariance) {
    mean.set(channel, (float) mix(mean.get(channel), batchMean));
    variance.set(channel, (float) mix(variance.get(channel), batchVariance));
  }

  private static double mix(double old, double newest) {
    return (1 - MOMENTUM) * old + MOMENTUM * newest;
  }
}
