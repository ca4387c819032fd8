package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.List;
import org.junit.jupiter.api.Test;

class ModelReductionTest {

  private static final ParameterBlock BLOCK = new ParameterBlock("layer1", 1, 3, true);

  /** Posterior standard deviation 0.1 under a prior N(0, 1): ΔF = ln 10 − 50 μ². */
  private static MeanFieldNormal posterior(Backend backend, float... means) {
    MeanFieldNormal weights =
        new MeanFieldNormal(backend, "layer1", 0, means.length, 1, new Sampling(0));
    weights.initialize(0, 0.1);
    weights.factors().mean().copyFrom(means, 0);
    backend.memory().push(weights.factors().mean());
    return weights;
  }

  private static ModelReduction reduction(Backend backend, MeanFieldNormal weights) {
    return new ModelReduction(
        backend,
        List.of(new ModelReduction.Layer(BLOCK, weights, true)),
        EvidenceThreshold.ZERO,
        false,
        true);
  }

  @Test
  void evidenceDecidesAndTheDecisionIsKept() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 0.05f, -1f, 0.2f, 0.3f);
      ModelReduction reduction = reduction(backend, weights);
      ModelReduction.Round round = reduction.prune();
      double[] deltaF = {
        Math.log(10) - 50 * 0.05 * 0.05, Math.log(10) - 50, Math.log(10) - 2, Math.log(10) - 4.5
      };
      assertEquals(2, round.byEvidence());
      assertEquals(deltaF[0] + deltaF[2], round.predicted(), 1e-5);
      assertEquals(List.of(0.0), round.thresholds());
      assertEquals(2, reduction.kept());
      assertEquals(4, reduction.total());
      float[] mask = weights.mask().toArray();
      float[] expected = {0, 1, 0, 1};
      ModelReduction.Decisions decisions = reduction.decisions().get(0);
      for (int i = 0; i < 4; i++) {
        assertEquals(expected[i], mask[i]);
        assertEquals(deltaF[i], decisions.deltaF()[i], 1e-5 * (1 + Math.abs(deltaF[i])));
        assertEquals(expected[i] == 0 ? 1 : 0, decisions.round()[i]);
        assertEquals(0.1, decisions.deviation()[i], 1e-6);
      }
      // What was decided stays as it was, whatever becomes of the posterior.
      weights.factors().mean().set(0, 5);
      weights.factors().mean().set(1, 0);
      backend.memory().push(weights.factors().mean());
      assertEquals(1, reduction.prune().byEvidence());
      assertEquals(0.05f, reduction.decisions().get(0).mean()[0]);
      assertEquals(1, reduction.decisions().get(0).round()[0]);
      assertEquals(2, reduction.decisions().get(0).round()[1]);
    }
  }

  @Test
  void aNanPrunesNothingAndIsNamed() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 0, 0, Float.NaN, 0);
      ModelReduction reduction = reduction(backend, weights);
      String message = assertThrows(DivergedException.class, reduction::prune).getMessage();
      assertTrue(message.contains("weight 2 of layer1") && message.contains("NaN"), message);
      assertNull(weights.mask());
      assertEquals(4, reduction.kept());
    }
  }

  @Test
  void aStandardDeviationThatUnderflowedPrunesNothing() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 0, 0, 0, 0);
      weights.factors().rho().set(1, Float.NEGATIVE_INFINITY);
      backend.memory().push(weights.factors().rho());
      ModelReduction reduction = reduction(backend, weights);
      assertThrows(DivergedException.class, reduction::prune);
      assertEquals(4, reduction.kept());
    }
  }
}
