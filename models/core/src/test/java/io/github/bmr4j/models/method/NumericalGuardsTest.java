package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.network.Networks;
import java.util.Arrays;
import java.util.function.Consumer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Numbers that cannot be right stop the run where they turn up, and say where. */
class NumericalGuardsTest {

  private static final Dataset DIGITS = Digits.split(0).train();

  private static StochasticBmr run(
      Backend backend, Dataset train, double rate, StochasticBmr.Listener listener) {
    StochasticBmr.Config c = StochasticBmr.Config.PUBLISHED.withSchedule(300, 1, 10);
    StochasticBmr.Config config =
        new StochasticBmr.Config(
            c.model(),
            c.batch(),
            c.warmUp(),
            c.divergenceWarmUp(),
            c.rounds(),
            c.stepsPerRound(),
            c.optimizer(),
            rate,
            c.divergence(),
            c.reparameterization(),
            c.rule(),
            1,
            1,
            0,
            c.seed());
    return new StochasticBmr(
        backend,
        Networks.mlp(Shape.of(64), new int[] {10, 10}, 10, UnaryFunction.RELU),
        train,
        train,
        config,
        listener);
  }

  private static String diverged(
      Dataset train, double rate, int at, Consumer<VariationalModel> damage) {
    try (Backend backend = Backends.open()) {
      StochasticBmr[] run = new StochasticBmr[1];
      run[0] =
          run(
              backend,
              train,
              rate,
              new StochasticBmr.Listener() {
                @Override
                public void step(long step, long total, double loss) {
                  if (step == at) {
                    damage.accept(run[0].model());
                  }
                }
              });
      DivergedException stopped = assertThrows(DivergedException.class, () -> run[0].run());
      assertNull(run[0].model().weights().get(0).posterior().mask(), "nothing was pruned");
      return stopped.getMessage();
    }
  }

  /** Also behind rectifiers, which a NaN could vanish in. */
  @ParameterizedTest
  @CsvSource({
    "0, NaN, posterior mean of layer1[3]",
    "1, NaN, posterior mean of layer2[3]",
    "2, Infinity, posterior mean of layer3[3]",
    "0, -Infinity, posterior mean of layer1[3]"
  })
  void aMeanThatIsNotFiniteIsNamedInTheNextStepsThatSeeIt(int layer, float value, String expected) {
    String message =
        diverged(
            DIGITS,
            1e-3,
            7,
            model -> model.weights().get(layer).posterior().factors().mean().set(3, value));
    assertTrue(message.contains(expected), message);
    assertTrue(message.contains("step"), message);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
  void aDeviationThatIsNotFiniteIsNamed(float rho) {
    String message =
        diverged(
            DIGITS,
            1e-3,
            7,
            model -> model.weights().get(1).posterior().factors().rho().set(5, rho));
    assertTrue(message.contains("posterior standard deviation of layer2[5]"), message);
  }

  /** Gradients that explode: a learning rate, and data, that no run can stand. */
  @ParameterizedTest
  @ValueSource(doubles = {1e38, 1e30})
  void aRateThatIsFarTooLargeStopsTheRun(double rate) {
    String message = diverged(DIGITS, rate, 0, model -> {});
    assertTrue(message.contains("use a lower learning rate"), message);
  }

  @ParameterizedTest
  @ValueSource(floats = {1e38f, 3e37f})
  void featuresThatOverflowStopTheRunInItsFirstSteps(float scale) {
    int n = 200;
    float[] features = new float[n * 64];
    DIGITS.copyFeatures(0, n, features, 0);
    for (int i = 0; i < features.length; i++) {
      features[i] *= scale;
    }
    Dataset huge =
        Dataset.classification(
            "huge",
            InputShape.row(64),
            features,
            Arrays.copyOf(DIGITS.labels(), n),
            DIGITS.classNames(),
            DIGITS.provenance());
    String message = diverged(huge, 1e-3, 0, model -> {});
    assertTrue(message.contains("step 1"), message);
  }

  /** Training counts ρ as its least value where it is less; the evidence does not, and stops. */
  @ParameterizedTest
  @ValueSource(floats = {-200, -1e6f})
  void aDeviationThatHasUnderflowedIsNamedAndDecidesNothing(float rho) {
    String message =
        diverged(
            DIGITS,
            1e-3,
            7,
            model -> model.weights().get(0).posterior().factors().rho().set(2, rho));
    assertTrue(message.contains("weight 2 of layer1"), message);
    assertTrue(message.contains("standard deviation 0.0"), message);
  }
}
