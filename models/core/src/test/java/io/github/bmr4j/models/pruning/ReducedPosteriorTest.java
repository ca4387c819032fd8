package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.MeanFieldNormal.Parameterization;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a reduction does to each weight's posterior under the prior N(0, 2), in closed form: with r
 * = γ/γ before, the precision becomes 1/σ² + 1/(r² v) − 1/v, the mean that over μ/σ², and both
 * count in units of the new γ.
 */
class ReducedPosteriorTest {

  private static final double PRIOR = 2;
  private static final double[] DEVIATIONS = {0.1, 0.2, 0.5, 1.5, 0.3};
  private static final float[] MEANS = {0.4f, -0.6f, 1, 0.2f, 0.7f};

  /** Shrinks the weight 1 to a half, 2 to a quarter, 3 to 0.8; removes 0, then 4. */
  private static final PruningRule RULE =
      new PruningRule() {
        @Override
        public List<Double> prune(List<LayerEvidence> layers) {
          LayerEvidence layer = layers.get(0);
          float[] scales = {1, 0.5f, 0.25f, 0.8f, 1};
          for (int i = 0; i < scales.length; i++) {
            layer.factors()[i] *= scales[i];
          }
          layer.active()[layer.round() == 1 ? 0 : 4] = false;
          return List.of(Double.NaN);
        }

        @Override
        public String name() {
          return "given";
        }

        @Override
        public boolean shrinks() {
          return true;
        }

        @Override
        public boolean reducesPosterior() {
          return true;
        }
      };

  @ParameterizedTest
  @EnumSource
  void eachWeightHasThePosteriorUnderItsNewPrior(Parameterization parameterization) {
    try (Backend backend = Backends.open(1)) {
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, "layer1", 0, 5, PRIOR, new Sampling(0), parameterization);
      for (int i = 0; i < 5; i++) {
        double said =
            parameterization == Parameterization.VARIANCE
                ? DEVIATIONS[i] * DEVIATIONS[i]
                : DEVIATIONS[i];
        weights.factors().mean().set(i, MEANS[i]);
        weights.factors().rho().set(i, (float) Math.log(Math.expm1(said)));
      }
      backend.memory().push(weights.factors().mean());
      backend.memory().push(weights.factors().rho());
      ModelReduction reduction =
          new ModelReduction(
              backend,
              List.of(
                  new ModelReduction.Layer(
                      new ParameterBlock("layer1", 1, 5, false), weights, true)),
              RULE,
              false,
              true);

      double[] mean = new double[5];
      Arrays.setAll(mean, i -> MEANS[i]);
      double[] deviation = DEVIATIONS.clone();
      double[] scales = {1, 0.5, 0.25, 0.8f, 1};
      for (int round = 1; round <= 2; round++) {
        reduction.prune();
        for (int i = 0; i < 5; i++) {
          if (i == 0 || (i == 4 && round == 2)) {
            mean[i] = 0;
            deviation[i] = Math.sqrt(PRIOR);
          } else {
            double r = scales[i];
            double before = Math.max(1 / (deviation[i] * deviation[i]), 1 / PRIOR);
            if (r != 1) {
              double after = before + 1 / (r * r * PRIOR) - 1 / PRIOR;
              mean[i] = before * mean[i] / after / r;
              deviation[i] = 1 / Math.sqrt(after) / r;
            }
          }
        }
        assertPosterior(backend, weights, mean, deviation);
      }
    }
  }

  private static void assertPosterior(
      Backend backend, MeanFieldNormal weights, double[] mean, double[] deviation) {
    // From the back end's own memory, which training goes on with.
    backend.memory().pull(weights.factors().mean());
    Slice deviations = weights.standardDeviations();
    backend.memory().pull(deviations);
    for (int i = 0; i < mean.length; i++) {
      String weight = "weight " + i;
      assertEquals(
          mean[i], weights.factors().mean().get(i), 1e-5 * (1 + Math.abs(mean[i])), weight);
      assertEquals(deviation[i], deviations.get(i), 1e-5 * deviation[i], weight);
    }
  }
}
