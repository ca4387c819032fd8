package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.compact.Compaction;
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
  void theReadmesExampleTrainsPrunesAndPredicts() {
    Split digits = Digits.split(0);
    Standardization standard = Standardization.perChannel(digits.train());
    Dataset train = standard.apply(digits.train());
    Dataset test = standard.apply(digits.test());
    Network network = Networks.mlp(Shape.of(64), new int[] {64, 64}, 10, UnaryFunction.SWISH);

    try (Backend backend = Backends.open()) {
      StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED.withSchedule(1_500, 20, 100);
      StochasticBmr bmr =
          new StochasticBmr(backend, network, train, test, config, StochasticBmr.Listener.NONE);
      StochasticBmr.Result result = bmr.run();
      CompactNetwork small = Compaction.of(backend, bmr.model(), 16);
      float[] digit = new float[64];
      test.copyFeatures(0, 1, digit, 0);
      float[] probabilities = new float[10];
      new CompactPrediction(backend, small, 1).probabilities(digit, 1, probabilities);

      assertEquals(1, sum(probabilities), 1e-5);
      assertTrue(small.cost().multiplyAdds() < network.parameterCount() / 10);
      assertTrue(accuracy(backend, small, test) > 0.92, "of the compact network");
      assertTrue(result.prunedFraction() > 0.9, () -> "pruned " + result.prunedFraction());
      assertTrue(
          result.after().metrics().accuracy() > 0.92,
          () -> "accuracy " + result.after().metrics().accuracy());
    }
  }

  private static double sum(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += value;
    }
    return sum;
  }

  private static double accuracy(Backend backend, CompactNetwork network, Dataset data) {
    float[] features = new float[data.size() * 64];
    data.copyFeatures(0, data.size(), features, 0);
    float[] probabilities = new float[data.size() * 10];
    new CompactPrediction(backend, network, data.size())
        .probabilities(features, data.size(), probabilities);
    int right = 0;
    for (int i = 0; i < data.size(); i++) {
      int best = 0;
      for (int c = 1; c < 10; c++) {
        best = probabilities[i * 10 + c] > probabilities[i * 10 + best] ? c : best;
      }
      right += best == data.label(i) ? 1 : 0;
    }
    return (double) right / data.size();
  }
}
