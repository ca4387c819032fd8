package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.reduction.GaussianReduction;
import io.github.bmr4j.engine.reduction.HorseshoeReduction;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HorseshoeShrinkageTest {

  private static final ParameterBlock BLOCK = new ParameterBlock("layer1", 3, 20, true);

  /** Row 0: weights of size 0.8. Row 1: of size 0.02. Row 2: as the prior, or a little wider. */
  private static MeanFieldNormal posterior(Backend backend, double widest) {
    MeanFieldNormal weights =
        new MeanFieldNormal(backend, "layer1", 0, BLOCK.size(), 1, new Sampling(0));
    Random random = new Random(8);
    for (int i = 0; i < BLOCK.size(); i++) {
      int row = i < 60 ? i / 20 : i - 60;
      double size = row == 0 ? 0.8 : row == 1 ? 0.02 : 0.001;
      double deviation = row == 2 ? widest : 0.02;
      weights.factors().mean().set(i, (float) (size * random.nextGaussian()));
      weights.factors().rho().set(i, (float) Math.log(Math.expm1(deviation)));
    }
    backend.memory().push(weights.factors().mean());
    backend.memory().push(weights.factors().rho());
    return weights;
  }

  private static ModelReduction reduction(
      Backend backend, MeanFieldNormal weights, PruningRule rule) {
    return new ModelReduction(
        backend, List.of(new ModelReduction.Layer(BLOCK, weights, true)), rule, false, true);
  }

  @Test
  void unitsShrinkByTheirEvidenceRoundAfterRoundUntilTheyLeave() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 1);
      ModelReduction reduction = reduction(backend, weights, HorseshoeShrinkage.PUBLISHED);
      ModelReduction.Round round = reduction.prune();
      assertEquals(0, round.byEvidence());
      assertEquals(1e-6, round.thresholds().get(0));
      Slice mask = weights.mask();
      assertTrue(mask.get(0) > 0.4 && mask.get(0) <= 1, "signal: " + mask.get(0));
      assertTrue(mask.get(20) > 1e-3 && mask.get(20) < 0.1, "noise: " + mask.get(20));
      for (int i = 0; i < BLOCK.size(); i++) {
        int row = i < 60 ? i / 20 : i - 60;
        assertEquals(mask.get(row * 20), mask.get(i), "weight " + i);
      }
      double predicted = 0;
      for (int i = 0; i < BLOCK.size(); i++) {
        double deviation = i / 20 == 2 || i == 62 ? 1 : 0.02;
        double scale = mask.get(i);
        predicted +=
            GaussianReduction.deltaF(
                weights.factors().mean().get(i), 1 / (deviation * deviation), scale * scale, 1);
      }
      assertEquals(predicted, round.predicted(), 0.02 * Math.abs(predicted));

      // The posterior stays as it is, so the second row shrinks by the same again and again.
      float first = mask.get(20);
      reduction.prune();
      assertEquals(first * first, mask.get(20), 0.3 * first * first);
      for (int i = 0; i < 4; i++) {
        reduction.prune();
      }
      assertTrue(weights.mask().get(0) > 1e-3, "signal: " + mask.get(0));
      assertEquals(0, weights.mask().get(20));
      assertEquals(
          ModelReduction.Reason.EVIDENCE.code(), reduction.decisions().get(0).reason()[20]);
    }
  }

  /** M = γ²(π − 1/σ²) + 1 would be negative for γ² above 1/(1 − 1/1.5²) = 1.8. */
  @Test
  void aPosteriorWiderThanThePriorIsNoReasonToDiverge() {
    assertThrows(
        IllegalArgumentException.class, () -> GaussianReduction.deltaF(0.001, 1 / 2.25, 2, 1));
    try (Backend backend = Backends.open()) {
      MeanFieldNormal wide = posterior(backend, 1.5);
      MeanFieldNormal prior = posterior(backend, 1);
      reduction(backend, wide, HorseshoeShrinkage.PUBLISHED).prune();
      reduction(backend, prior, HorseshoeShrinkage.PUBLISHED).prune();
      for (int i = 0; i < BLOCK.size(); i++) {
        float scale = wide.mask().get(i);
        assertTrue(scale > 0 && scale <= 1, () -> "got " + scale);
        assertEquals(prior.mask().get(i), scale, 1e-3 * scale);
      }
    }
  }

  /**
   * Weights that training has hardly begun to determine, away from 0: the evidence of a wider prior
   * has no bound there, and the search for it ended at infinity.
   */
  @Test
  void weightsAsUncertainAsThePriorDoNotDriveTheScaleToInfinity() {
    ParameterBlock block = new ParameterBlock("layer1", 6, 25, true);
    try (Backend backend = Backends.open()) {
      for (double deviation : new double[] {0.999, 1, 2}) {
        MeanFieldNormal weights =
            new MeanFieldNormal(backend, "layer1", 0, block.size(), 1, new Sampling(0));
        Random random = new Random(8);
        for (int i = 0; i < block.size(); i++) {
          weights.factors().mean().set(i, (float) random.nextGaussian());
          weights.factors().rho().set(i, (float) Math.log(Math.expm1(deviation)));
        }
        backend.memory().push(weights.factors().mean());
        backend.memory().push(weights.factors().rho());
        ModelReduction reduction =
            new ModelReduction(
                backend,
                List.of(new ModelReduction.Layer(block, weights, true)),
                HorseshoeShrinkage.PUBLISHED,
                false,
                true);
        ModelReduction.Round round = reduction.prune();
        assertTrue(Double.isFinite(round.predicted()), () -> "got " + round.predicted());
        for (int i = 0; i < block.size(); i++) {
          float scale = weights.mask().get(i);
          assertTrue(scale > 0.5 && scale <= 1, () -> deviation + ": got " + scale);
        }
      }
    }
  }

  @Test
  void aNanInThePosteriorShrinksNothing() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 1);
      weights.factors().mean().set(5, Float.NaN);
      backend.memory().push(weights.factors().mean());
      ModelReduction reduction = reduction(backend, weights, HorseshoeShrinkage.PUBLISHED);
      assertThrows(DivergedException.class, reduction::prune);
      assertEquals(BLOCK.size(), reduction.kept());
    }
  }

  /**
   * With the reduced posterior the network is the one that exact inference gives under the shrunk
   * prior: w = γ b has the mean and deviation of the reduced posterior of b.
   */
  @Test
  void theReducedPosteriorReplacesThePosterior() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 1);
      float[] means = weights.factors().mean().toArray();
      ModelReduction reduction =
          reduction(backend, weights, new WithReducedPosterior(HorseshoeShrinkage.PUBLISHED));
      reduction.prune();
      Slice deviations = weights.standardDeviations();
      backend.memory().pull(deviations);
      backend.memory().pull(weights.factors().mean());
      for (int i = 0; i < 40; i++) {
        double scale = weights.mask().get(i);
        double expected = GaussianReduction.reducedMean(means[i], 2_500, scale * scale, 1);
        double deviation = GaussianReduction.reducedStandardDeviation(2_500, scale * scale, 1);
        assertEquals(expected, scale * weights.factors().mean().get(i), 1e-5);
        assertEquals(deviation, scale * deviations.get(i), 1e-5);
      }
      // What is found again is the scale that is there: nothing shrinks any further.
      double before = weights.mask().get(0);
      reduction.prune();
      assertEquals(before, weights.mask().get(0), 0.5 * before);
    }
  }

  @Test
  void aRemovedWeightGetsItsPriorBack() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = posterior(backend, 1);
      reduction(backend, weights, new WithReducedPosterior(EvidenceThreshold.ZERO)).prune();
      Slice deviations = weights.standardDeviations();
      backend.memory().pull(deviations);
      int removed = 0;
      for (int i = 0; i < BLOCK.size(); i++) {
        if (weights.mask().get(i) == 0) {
          removed++;
          assertEquals(0, weights.factors().mean().get(i));
          assertEquals(1, deviations.get(i), 1e-6);
        }
      }
      assertTrue(removed >= 20, "removed " + removed);
    }
  }

  @Test
  void theSmallestScaleLiesBetweenZeroAndOne() {
    HorseshoeReduction.Config horseshoe = HorseshoeShrinkage.PUBLISHED.horseshoe();
    for (double smallest : new double[] {0, 1, -0.1, Double.NaN}) {
      assertThrows(
          IllegalArgumentException.class, () -> new HorseshoeShrinkage(horseshoe, smallest));
    }
    assertEquals("horseshoe", new HorseshoeShrinkage(horseshoe, 0.5).name());
  }
}
