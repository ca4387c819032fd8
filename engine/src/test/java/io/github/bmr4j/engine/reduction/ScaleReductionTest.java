package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** The edges of the horseshoe's scales and of the online Newton score. */
class ScaleReductionTest {

  @Test
  void theSlabBoundsTheScale() {
    // Without a slab γ is ν = √(ψ/u); with one, γ² = c²ν²/(c² + ν²) < c².
    double free = RegularisedHorseshoe.scale(0.01, 50, 0.001, 20, 0.001, 0);
    assertEquals(Math.sqrt(0.0001 * 50_000 * 20 / 0.001), free, 1e-12 * free);
    double squared = free * free;
    double bounded = RegularisedHorseshoe.scale(0.01, 50, 0.001, 20, 0.001, 0.25);
    assertEquals(Math.sqrt(4 * squared / (4 + squared)), bounded, 1e-14);
    assertEquals(2, RegularisedHorseshoe.scale(1e150, 1, 1, 1e10, 1, 0.25), 1e-15);
    assertEquals(3, RegularisedHorseshoe.lastLayerScale(18, 2));
  }

  @Test
  void smallDrawsNeitherOverflowNorVanish() {
    double[] tiny = {1e-200, 2e-200};
    double expected = 1e-200 / Math.sqrt((1 + 0.25) / 2);
    assertEquals(expected, RegularisedHorseshoe.prunedScale(1, tiny, 1e-300), 1e-14 * expected);
    double[] zero = {0.5, 0};
    assertEquals(RegularisedHorseshoe.SPIKE, RegularisedHorseshoe.prunedScale(1, zero, 1e-300));
    double[] equal = {0.3, 0.3, 0.3};
    assertEquals(0.06, RegularisedHorseshoe.prunedScale(0.2, equal, 1e-6), 1e-16);
  }

  @Test
  void aWeightWithoutCurvatureScoresItsMean() {
    assertEquals(0, OnlineNewtonScore.deltaF(0, 0, 1000, 1e-3));
    assertEquals(-0.5 * 4, OnlineNewtonScore.deltaF(2, 0, 1000, 1e-3), 1e-15);
    // ln(1 + h/wd) ≈ h/wd, where the difference of two logarithms would have no digits.
    assertEquals(0.5e-18 / 1e-3, OnlineNewtonScore.deltaF(0, 1e-18, 1000, 1e-3), 1e-28);
  }

  @Test
  void refusesWhatIsOutsideTheDomain() {
    for (int bad = 0; bad < 6; bad++) {
      double[] a = {0.01, 1, 1, 1, 1, 1};
      a[bad] = -1;
      assertThrows(
          IllegalArgumentException.class,
          () -> RegularisedHorseshoe.scale(a[0], a[1], a[2], a[3], a[4], a[5]));
    }
    double[] one = {1};
    assertThrows(
        IllegalArgumentException.class,
        () -> RegularisedHorseshoe.prunedScale(1, new double[0], 1e-6));
    assertThrows(
        IllegalArgumentException.class, () -> RegularisedHorseshoe.prunedScale(-1, one, 1e-6));
    assertThrows(IllegalArgumentException.class, () -> RegularisedHorseshoe.prunedScale(1, one, 0));
    assertThrows(IllegalArgumentException.class, () -> RegularisedHorseshoe.lastLayerScale(0, 1));
    assertThrows(
        IllegalArgumentException.class, () -> OnlineNewtonScore.deltaF(0, -1e-9, 1000, 1e-3));
    assertThrows(IllegalArgumentException.class, () -> OnlineNewtonScore.score(0, 0, 0, 1e-3));
    assertThrows(IllegalArgumentException.class, () -> OnlineNewtonScore.priorPrecision(1000, 0));
    assertThrows(
        IllegalArgumentException.class, () -> OnlineNewtonScore.deltaF(Double.NaN, 0, 1, 1));
  }

  /** ∂ ln γ² by the logarithm of each argument is a multiple of one number; tolerance 1e-8. */
  @Test
  void localShareIsTheGradientOfTheScale() {
    double[] at = {Math.log(0.3), -0.4, 0.7, 0.2, -1.1, 0.5};
    double share = RegularisedHorseshoe.localShare(scaleAt(at), Math.exp(at[5]));
    assertTrue(share > 0.1 && share < 0.9, "the test wants both parts, but share = " + share);
    double[] multiples = {2 * share, share, -share, share, -share, share - 1};
    double step = 1e-5;
    for (int i = 0; i < at.length; i++) {
      double[] above = at.clone();
      double[] below = at.clone();
      above[i] += step;
      below[i] -= step;
      double difference = 2 * Math.log(scaleAt(above) / scaleAt(below)) / (2 * step);
      assertEquals(multiples[i], difference, 1e-8, "argument " + i);
    }
    assertEquals(1, RegularisedHorseshoe.localShare(3, 0));
    assertEquals(0, RegularisedHorseshoe.localShare(2, 0.25));
    assertThrows(IllegalArgumentException.class, () -> RegularisedHorseshoe.localShare(3, 0.25));
    assertThrows(IllegalArgumentException.class, () -> RegularisedHorseshoe.localShare(0, 1));
  }

  private static double scaleAt(double[] logarithms) {
    return RegularisedHorseshoe.scale(
        Math.exp(logarithms[0]),
        Math.exp(logarithms[1]),
        Math.exp(logarithms[2]),
        Math.exp(logarithms[3]),
        Math.exp(logarithms[4]),
        Math.exp(logarithms[5]));
  }
}
