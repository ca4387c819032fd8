package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.MixtureDivergence;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class InclusionRuleTest {

  @Test
  void medianKeepsWhatIsMoreLikelyInThanOut() {
    assertArrayEquals(
        new boolean[] {true, false, false, true},
        InclusionRule.median(new double[] {0.51, 0.5, 0, 1}));
    assertTrue(
        assertThrows(
                IllegalArgumentException.class,
                () -> InclusionRule.median(new double[] {0.2, Double.NaN}))
            .getMessage()
            .contains("index 1"));
  }

  @Test
  void falseDiscoveryRateByHand() {
    // Out probabilities 0.01, 0.05, 0.15, 0.6: running means 0.01, 0.03, 0.07, 0.2025.
    double[] p = {0.4, 0.99, 0.85, 0.95};
    assertArrayEquals(
        new boolean[] {false, true, false, true}, InclusionRule.falseDiscoveryRate(p, 0.05));
    assertArrayEquals(
        new boolean[] {false, true, true, true}, InclusionRule.falseDiscoveryRate(p, 0.1));
    assertArrayEquals(
        new boolean[] {true, true, true, true}, InclusionRule.falseDiscoveryRate(p, 0.21));
    assertArrayEquals(
        new boolean[] {false, false, false, false}, InclusionRule.falseDiscoveryRate(p, 0.005));
    assertArrayEquals(
        new boolean[] {false, false, false},
        InclusionRule.falseDiscoveryRate(new double[] {0.9, 0.9, 0.9}, 0.05));
    assertThrows(IllegalArgumentException.class, () -> InclusionRule.falseDiscoveryRate(p, 0));
  }

  /** Independent check of the characteristic-function integral: plain sampling of three weights. */
  @Test
  void sharedResponsibilityAgreesWithSampling() {
    double[] means = {0.25, -0.05, 0.01};
    double[] deviations = {0.05, 0.08, 0.1};
    ScaleMixture p = new ScaleMixture(0.5, 1, 0.1);
    SplittableRandom random = new SplittableRandom(1);
    int draws = 200_000;
    double sum = 0;
    for (int draw = 0; draw < draws; draw++) {
      double logit = -2 * Math.log(10) + p.logitAtZero();
      for (int i = 0; i < means.length; i++) {
        double w = means[i] + deviations[i] * random.nextGaussian();
        logit += p.logitSlope() * w * w;
      }
      sum += 1 / (1 + Math.exp(-logit));
    }
    // Each draw lies in [0, 1], so the standard error is below ½/√n = 0.0011.
    assertEquals(sum / draws, SharedResponsibility.of(means, deviations, p), 0.004);
  }

  @Test
  void sharedResponsibilityOfManyWeightsAndOfWidePosteriors() {
    ScaleMixture p = new ScaleMixture(0.5, 1, 0.01);
    double[] means = new double[16];
    double[] deviations = new double[16];
    Arrays.fill(deviations, 0.01);
    assertEquals(0, SharedResponsibility.of(means, deviations, p), 1e-12);
    Arrays.fill(deviations, 1);
    assertEquals(1, SharedResponsibility.of(means, deviations, p), 1e-9);
  }

  @Test
  void estimatorsAgreeWhereTheyShouldAndDifferWhereTheyMust() {
    ScaleMixture p = new ScaleMixture(0.5, 1, 0.1);
    Normal narrow = new Normal(0.15, 1e-4);
    double expected = p.responsibility(0.15);
    for (Estimator estimator :
        new Estimator[] {
          Estimator.RAO_BLACKWELL, Estimator.MEAN_FIELD, Estimator.MODEL_REDUCTION
        }) {
      assertEquals(
          expected, InclusionProbability.probability(narrow, p, estimator), 1e-5, estimator::name);
    }
    // Of a weight that the data say nothing about: 1, 0.84 and ½.
    Normal slab = new Normal(0, 1);
    assertTrue(InclusionProbability.probability(slab, p, Estimator.MEAN_FIELD) > 1 - 1e-12);
    assertEquals(0.842, InclusionProbability.probability(slab, p, Estimator.RAO_BLACKWELL), 5e-4);
    assertEquals(0.5, InclusionProbability.probability(slab, p, Estimator.MODEL_REDUCTION), 1e-12);
    assertTrue(MixtureDivergence.marginal(narrow, p) <= MixtureDivergence.collapsed(narrow, p));
    assertThrows(
        IllegalArgumentException.class,
        () -> InclusionProbability.logEvidence(slab, p, Estimator.RAO_BLACKWELL));
  }

  @Test
  void badPriorsAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> new ScaleMixture(0, 1, 0.1));
    assertThrows(IllegalArgumentException.class, () -> new ScaleMixture(0.5, 0.1, 0.1));
    assertThrows(IllegalArgumentException.class, () -> new ScaleMixture(0.5, 1, 0));
  }
}
