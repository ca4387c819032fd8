package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

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
}
