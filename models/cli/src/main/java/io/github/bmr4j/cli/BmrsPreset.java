package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.method.Bmrs;

/**
 * What {@code bmr prune --method bmrs} does on a data set when no option says otherwise.
 *
 * @param hidden layers of the multi-layer perceptron
 * @param activation behind each of them
 * @param method schedule and settings
 */
record BmrsPreset(HiddenLayers hidden, UnaryFunction activation, Bmrs.Config method) {

  /**
   * A larger rate than published: Adam moves ln σ by at most the rate a step, and an epoch has few
   * steps.
   */
  static final BmrsPreset DIGITS =
      new BmrsPreset(
          HiddenLayers.of(100, 100),
          UnaryFunction.TANH,
          Bmrs.Config.PUBLISHED.withSchedule(32, 60, 1, 10).withLearningRate(8e-3));

  /** The paper's. */
  static final BmrsPreset FASHION_MNIST =
      new BmrsPreset(HiddenLayers.of(150, 150), UnaryFunction.TANH, Bmrs.Config.PUBLISHED);

  static BmrsPreset of(DataSource data) {
    if (data.isTable()) {
      return DIGITS;
    }
    return switch (data.known()) {
      case DIGITS -> DIGITS;
      case FASHION_MNIST -> FASHION_MNIST;
    };
  }
}
