package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.method.StochasticBmr;

/**
 * What {@code bmr prune} does on a data set when no option says otherwise: the one place where
 * these defaults stand.
 *
 * @param hidden layers of the multi-layer perceptron
 * @param activation behind each of them
 * @param method schedule and settings
 */
record Preset(HiddenLayers hidden, UnaryFunction activation, StochasticBmr.Config method) {

  /** Small enough for about a minute. */
  static final Preset DIGITS =
      new Preset(HiddenLayers.of(200, 200), UnaryFunction.SWISH, shortened(1_000, 20, 200));

  /** The paper's: a multi-layer perceptron of four hidden layers of 500, and its settings. */
  static final Preset FASHION_MNIST =
      new Preset(
          HiddenLayers.of(500, 500, 500, 500), UnaryFunction.SWISH, StochasticBmr.Config.PUBLISHED);

  static Preset of(KnownData data) {
    return switch (data) {
      case DIGITS -> DIGITS;
      case FASHION_MNIST -> FASHION_MNIST;
    };
  }

  private static StochasticBmr.Config shortened(int warmUp, int rounds, int stepsPerRound) {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    return new StochasticBmr.Config(
        published.model(),
        published.batch(),
        warmUp,
        published.divergenceWarmUp(),
        rounds,
        stepsPerRound,
        published.learningRate(),
        published.divergence(),
        published.rule(),
        published.samples(),
        published.likelihoodSamples(),
        published.realisedExamples(),
        published.seed());
  }
}
