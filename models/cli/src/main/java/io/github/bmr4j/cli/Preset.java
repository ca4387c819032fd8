package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
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

  /**
   * Some fifteen seconds. Against the published settings a longer warm-up at half the learning rate
   * and the closed-form divergence, so that the posterior before the first pruning is close to the
   * best that the whole network can have on so little data.
   */
  static final Preset DIGITS = new Preset(HiddenLayers.of(100, 100), UnaryFunction.SWISH, digits());

  /** The paper's: a multi-layer perceptron of four hidden layers of 500, and its settings. */
  static final Preset FASHION_MNIST =
      new Preset(
          HiddenLayers.of(500, 500, 500, 500), UnaryFunction.SWISH, StochasticBmr.Config.PUBLISHED);

  /**
   * What is done on a data set.
   *
   * @param data known or a table
   * @param examples size of its training part
   */
  static Preset of(DataSource data, int examples) {
    if (data.isTable()) {
      // As for the digits, with batches that a small table has.
      int batch = Math.min(DIGITS.method().batch(), examples);
      return new Preset(DIGITS.hidden(), DIGITS.activation(), DIGITS.method().withBatch(batch));
    }
    return switch (data.known()) {
      case DIGITS -> DIGITS;
      case FASHION_MNIST -> FASHION_MNIST;
    };
  }

  private static StochasticBmr.Config digits() {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    return new StochasticBmr.Config(
        published.model(),
        published.batch(),
        3_000,
        published.divergenceWarmUp(),
        30,
        200,
        published.optimizer(),
        5e-3,
        VariationalStep.Divergence.ANALYTIC,
        published.reparameterization(),
        published.rule(),
        published.samples(),
        published.likelihoodSamples(),
        published.realisedExamples(),
        published.seed());
  }
}
