package example;

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
import java.util.Arrays;

/** Trains a network on handwritten digits, prunes it, and predicts with what is left. */
public final class TrainAndPrune {

  private TrainAndPrune() {}

  /**
   * Runs.
   *
   * @param arguments none
   */
  public static void main(String[] arguments) {
    Split digits = Digits.split(0);
    Standardization standard = Standardization.perChannel(digits.train());
    Dataset train = standard.apply(digits.train());
    Dataset test = standard.apply(digits.test());
    Network network = Networks.mlp(Shape.of(64), new int[] {64, 64}, 10, UnaryFunction.SWISH);

    try (Backend backend = Backends.open()) {
      StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED.withSchedule(600, 10, 60);
      StochasticBmr bmr = new StochasticBmr(backend, network, train, test, config, progress());
      StochasticBmr.Result result = bmr.run();
      CompactNetwork small = Compaction.of(backend, bmr.model(), 16);
      float[] digit = new float[64];
      test.copyFeatures(0, 1, digit, 0);
      float[] probabilities = new float[10];
      new CompactPrediction(backend, small, 1).probabilities(digit, 1, probabilities);

      System.out.println(backend.describe());
      System.out.printf(
          "accuracy %.3f with %d of %d weights%n",
          result.after().metrics().accuracy(), small.cost().parameters(), network.parameterCount());
      System.out.println("the first digit: " + Arrays.toString(probabilities));
    }
  }

  private static StochasticBmr.Listener progress() {
    return new StochasticBmr.Listener() {
      @Override
      public void pruned(StochasticBmr.Round round) {
        System.out.printf("round %d: %d weights%n", round.reduction().round(), round.kept());
      }
    };
  }
}
