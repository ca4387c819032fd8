package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.reduction.SpikeAndSlab;
import org.junit.jupiter.api.Test;

/** The two rules that compare each weight's ΔF with a threshold, a given and an adaptive one. */
class EvidenceThresholdTest {

  @Test
  void whatReachesTheThresholdLeaves() {
    boolean[] active = {true, true, true, false, true};
    EvidenceThreshold rule = new EvidenceThreshold(0.5);
    assertEquals(0.5, rule.prune(new float[] {0.5f, 0.49f, 2, -1, -3}, active));
    assertArrayEquals(new boolean[] {false, true, false, false, true}, active);
    assertEquals("evidence", rule.name());
    assertTrue(rule.comparesEvidence());
    assertFalse(rule.shrinks() || rule.reducesPosterior());
    assertEquals(0, EvidenceThreshold.ZERO.threshold());
  }

  /** ΔF = ζ stays; the threshold is that of the engine, and what had left stays out. */
  @Test
  void theAdaptiveThresholdIsThatOfTheLayer() {
    float[] deltaF = {2, -8, 1, -0.5f, 3, -12, 0.25f};
    for (AdaptiveSpikeAndSlab rule :
        new AdaptiveSpikeAndSlab[] {
          AdaptiveSpikeAndSlab.PUBLISHED, AdaptiveSpikeAndSlab.COUNTING_REMOVED
        }) {
      boolean[] active = {true, true, true, true, true, false, true};
      double zeta = SpikeAndSlab.threshold(deltaF, active.clone(), rule.config());
      assertEquals(zeta, rule.prune(deltaF, active), rule.name());
      for (int i = 0; i < deltaF.length; i++) {
        assertEquals(i != 5 && deltaF[i] <= zeta, active[i], rule.name() + " of weight " + i);
      }
      assertTrue(active[1] && !active[4], rule.name());
    }
    assertEquals("adaptive", AdaptiveSpikeAndSlab.PUBLISHED.name());
    assertEquals("adaptive-counting-removed", AdaptiveSpikeAndSlab.COUNTING_REMOVED.name());
  }
}
