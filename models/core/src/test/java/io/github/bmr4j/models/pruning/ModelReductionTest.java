package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.Arrays;
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

  @Test
  void whatItIsMadeOfCanBeSeen() {
    try (Backend backend = Backends.open(1)) {
      ModelReduction reduction = reduction(backend, posterior(backend, 0, 1, 0, 1));
      assertEquals(0, reduction.rounds());
      ModelReduction.Round round = reduction.prune();
      assertEquals(1, reduction.rounds());
      assertEquals(List.of(round), reduction.history());
      assertEquals(2, round.removed());
      assertEquals(BLOCK, reduction.layers().get(0).block());
      assertEquals("evidence", reduction.rule().name());
      assertFalse(reduction.isChained());
      assertTrue(reduction.isZeroAtZero());
      assertTrue(Certificates.twoRounds(backend).isChained());
      assertFalse(
          Certificates.twoRounds(backend, EvidenceThreshold.ZERO, true, true, false)
              .isZeroAtZero());
      assertArrayEquals(new float[] {1, 1, 1, 1}, reduction.factors().get(0));
    }
  }

  /** Dead units leave in the same round, and count in its total; see {@link Certificates}. */
  @Test
  void deadUnitsLeaveWithTheEvidence() {
    try (Backend backend = Backends.open(1)) {
      ModelReduction reduction = Certificates.twoRounds(backend);
      ModelReduction.Round first = reduction.history().get(0);
      assertEquals(6, first.byEvidence());
      assertEquals(2, first.byStructure());
      double expected = 6 * Math.log(10) + Math.log(2) - 50 * 0.06 * 0.06;
      for (double mean : new double[] {0.01, 0.02, 0.03, 0.04, 0.05}) {
        expected -= 50 * mean * mean;
      }
      expected += 2 * Math.log(20) - 50 * (0.9 * 0.9 + 1.1 * 1.1);
      assertEquals(expected, first.predicted(), 1e-4);
      assertArrayEquals(new byte[] {0, 2, 0, 2, 0, 1}, reduction.decisions().get(1).reason());
      assertArrayEquals(new int[] {2, 1, 0, 1, 1, 1, 0, 1}, reduction.decisions().get(0).round());
      assertEquals(List.of(1.0, 4.0), first.priorVariances());
      assertEquals(5, reduction.kept());
      // Where layers are no chain, nothing is dead.
      ModelReduction unchained =
          Certificates.twoRounds(backend, new EvidenceThreshold(0.25), true, false, true);
      assertEquals(0, unchained.history().get(0).byStructure());
      assertEquals(7, unchained.kept());
    }
  }

  @Test
  void goingOnNeedsTheDecisionsAndTheRounds() {
    try (Backend backend = Backends.open(1)) {
      MeanFieldNormal weights = posterior(backend, 0.05f, -1f, 0.2f, 0.3f);
      ModelReduction done = reduction(backend, weights);
      done.prune();
      MeanFieldNormal other = posterior(backend, 0.05f, 0, 0.2f, 0.3f);
      ModelReduction next = reduction(backend, other);
      next.resumeAt(List.of());
      assertEquals(0, next.rounds());
      assertNull(other.mask());
      System.arraycopy(done.decisions().get(0).reason(), 0, next.decisions().get(0).reason(), 0, 4);
      next.resumeAt(done.history());
      assertEquals(done.history(), next.history());
      assertArrayEquals(new float[] {0, 1, 0, 1}, other.mask().toArray());
      ModelReduction.Round second = next.prune();
      assertEquals(2, second.round());
      assertEquals(1, second.byEvidence());
      assertArrayEquals(new float[] {0, 0, 0, 1}, other.mask().toArray());
    }
  }

  @Test
  void aRuleThatPutsAWeightBackIsADefect() {
    PruningRule all =
        new PruningRule() {
          @Override
          public List<Double> prune(List<LayerEvidence> layers) {
            Arrays.fill(layers.get(0).active(), layers.get(0).round() > 1);
            return List.of(0.0);
          }

          @Override
          public String name() {
            return "all";
          }
        };
    try (Backend backend = Backends.open(1)) {
      MeanFieldNormal weights = posterior(backend, 0, 0, 0, 0);
      ModelReduction reduction =
          new ModelReduction(
              backend, List.of(new ModelReduction.Layer(BLOCK, weights, true)), all, false, true);
      assertEquals(4, reduction.prune().byEvidence());
      String message = assertThrows(IllegalStateException.class, reduction::prune).getMessage();
      assertEquals("A pruning rule put weight 0 back into the model", message);
    }
  }
}
