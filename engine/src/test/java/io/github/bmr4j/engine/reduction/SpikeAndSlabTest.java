package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import org.junit.jupiter.api.Test;

class SpikeAndSlabTest {

  private static final SpikeAndSlab.Config COUNTED = new SpikeAndSlab.Config(1, 1, 4, true);

  @Test
  void publishedSettings() {
    assertEquals(new SpikeAndSlab.Config(1, 1, 4, false), SpikeAndSlab.Config.PUBLISHED);
  }

  /** A removed weight that has drifted back to the prior (ΔF = 0) keeps its vote as a spike. */
  @Test
  void removedWeightsCountAsSpikes() {
    float[] deltaF = {-5, 0, 0, Float.NaN, 1};
    boolean[] active = {true, false, false, false, true};
    double zeta = 0;
    for (int i = 0; i < 4; i++) {
      double q = SpecialFunctions.logistic(zeta + 5) + SpecialFunctions.logistic(zeta - 1);
      zeta = SpecialFunctions.digamma(1 + q) - SpecialFunctions.digamma(1 + 5 - q);
    }
    assertEquals(zeta, SpikeAndSlab.threshold(deltaF, active, COUNTED), 1e-13);
    assertEquals(zeta, SpikeAndSlab.trace(deltaF, active, COUNTED)[3], 1e-13);
    float[] neutral = {0, 0, 0, 0};
    boolean[] none = new boolean[4];
    assertEquals(0, SpikeAndSlab.threshold(neutral, none, SpikeAndSlab.Config.PUBLISHED));
    double removed = SpecialFunctions.digamma(1) - SpecialFunctions.digamma(5);
    assertEquals(removed, SpikeAndSlab.threshold(neutral, none, COUNTED), 1e-14);
  }

  /** Both precisions take the same path. */
  @Test
  void singleAndDoubleAgree() {
    float[] single = new float[1000];
    double[] wide = new double[1000];
    boolean[] active = new boolean[1000];
    for (int i = 0; i < 1000; i++) {
      single[i] = (float) (Math.sin(i) * 10);
      wide[i] = single[i];
      active[i] = i % 3 != 0;
    }
    for (SpikeAndSlab.Config config :
        new SpikeAndSlab.Config[] {SpikeAndSlab.Config.PUBLISHED, COUNTED}) {
      double expected = SpikeAndSlab.threshold(wide, active, config);
      assertEquals(expected, SpikeAndSlab.threshold(single, active, config));
      assertArrayEquals(
          SpikeAndSlab.trace(wide, active, config), SpikeAndSlab.trace(single, active, config));
    }
  }

  @Test
  void startsFromThePrior() {
    SpikeAndSlab.Config config = new SpikeAndSlab.Config(3, 2, 1, false);
    double prior = SpecialFunctions.digamma(3) - SpecialFunctions.digamma(2);
    assertEquals(prior, SpikeAndSlab.threshold(new float[0], new boolean[0], config), 1e-15);
    double q = SpecialFunctions.logistic(prior - 0.5);
    assertEquals(
        SpecialFunctions.digamma(3 + q) - SpecialFunctions.digamma(2 + (1 - q)),
        SpikeAndSlab.threshold(new float[] {0.5f}, new boolean[] {true}, config),
        1e-14);
  }

  @Test
  void oneBadValueIsNamedAndNotAveraged() {
    boolean[] active = {true, false, true};
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      float[] single = {0, bad, 1};
      double[] wide = {0, 1, bad};
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> SpikeAndSlab.threshold(single, active, SpikeAndSlab.Config.PUBLISHED));
      assertTrue(e.getMessage().contains("deltaF[1] = " + bad), e.getMessage());
      e =
          assertThrows(
              IllegalArgumentException.class,
              () -> SpikeAndSlab.threshold(wide, active, SpikeAndSlab.Config.PUBLISHED));
      assertTrue(e.getMessage().contains("deltaF[2]"), e.getMessage());
    }
    assertThrows(IllegalArgumentException.class, () -> SpikeAndSlab.isActive(Double.NaN, 0));
    assertThrows(IllegalArgumentException.class, () -> SpikeAndSlab.isActive(0, Double.NaN));
    assertThrows(
        IllegalArgumentException.class,
        () -> SpikeAndSlab.threshold(new float[2], active, SpikeAndSlab.Config.PUBLISHED));
  }

  @Test
  void tiesStay() {
    assertTrue(SpikeAndSlab.isActive(0.25, 0.25));
    assertFalse(SpikeAndSlab.isActive(Math.nextUp(0.25), 0.25));
  }

  @Test
  void refusesBadSettings() {
    assertThrows(IllegalArgumentException.class, () -> new SpikeAndSlab.Config(0, 1, 4, false));
    assertThrows(
        IllegalArgumentException.class, () -> new SpikeAndSlab.Config(1, Double.NaN, 4, false));
    assertThrows(IllegalArgumentException.class, () -> new SpikeAndSlab.Config(1, 1, 0, false));
  }
}
