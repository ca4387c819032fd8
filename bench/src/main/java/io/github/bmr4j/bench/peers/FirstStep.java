package io.github.bmr4j.bench.peers;

import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Batches;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.Training;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;

/** Reads the bundled digits, builds the perceptron 64–100–100–10, does one training step. */
final class FirstStep {

  private FirstStep() {}

  /**
   * Runs it.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    Dataset raw = Digits.split(published.seed()).train();
    Dataset data = Standardization.perChannel(raw).apply(raw);
    Network network = Networks.mlp(Shape.of(64), new int[] {100, 100}, 10, UnaryFunction.SWISH);
    try (Backend backend = Backends.open()) {
      Training training =
          new Training(
              backend,
              new FlatModel(backend, network, FlatModel.Config.PUBLISHED, published.seed()),
              data,
              Batches.independent(data.size(), published.batch(), published.seed()),
              Optimizer.of(
                  Optimizer.AdaBelief.DEFAULT, LearningRate.constant(published.learningRate())),
              published.divergence(),
              published.reparameterization());
      System.out.println(training.step());
    }
  }
}
