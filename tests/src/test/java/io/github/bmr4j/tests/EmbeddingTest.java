package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import org.junit.jupiter.api.Test;

/** The README's example of use in a program, word for word but for what it does with the result. */
class EmbeddingTest {

  @Test
  void theReadmesExampleTrainsAndPrunes() {
    Split digits = Digits.split(0);
    Standardization standard = Standardization.perChannel(digits.train());
    Dataset train = standard.apply(digits.train());
    Dataset test = standard.apply(digits.test());
    Network network = Networks.mlp(Shape.of(64), new int[] {64, 64}, 10, UnaryFunction.SWISH);

    try (Backend backend = Backends.open()) {
      StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED.withSchedule(1_500, 20, 100);
      StochasticBmr.Result result =
          new StochasticBmr(backend, network, train, test, config, StochasticBmr.Listener.NONE)
              .run();
      assertTrue(result.prunedFraction() > 0.9, () -> "pruned " + result.prunedFraction());
      assertTrue(
          result.after().metrics().accuracy() > 0.92,
          () -> "accuracy " + result.after().metrics().accuracy());
    }
  }
}
