package io.github.bmr4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class SamplesTest {

  private static final double EXACT = 1e-15;

  @Test
  void oneThreadIsMeasuredByItsProcessorTime() {
    Samples samples = new Samples(1);
    for (int i = 1; i <= 5; i++) {
      // Ten calls of i milliseconds each; interruptions make the clock run on.
      samples.add(10, 0.5, 0.01 * i, 0.4);
    }
    assertEquals(0.003, samples.median(), EXACT);
    assertEquals(0.002, samples.quantile(0.25), EXACT);
    assertEquals(0.0035, samples.quantile(0.625), EXACT);
    assertEquals(5, samples.counted());
    assertFalse(samples.disturbed());
  }

  @Test
  void theClockCountsWhereProcessorTimeIsUnknown() {
    Samples samples = new Samples(1);
    samples.add(4, 0.2, 0, 0);
    assertEquals(0.05, samples.median(), EXACT);
  }

  @Test
  void onlyCleanSamplesOfSeveralThreadsCount() {
    Samples samples = new Samples(2);
    for (int i = 0; i < 5; i++) {
      // 3.5 of 100 milliseconds of two threads each.
      samples.add(1, 0.1, 0.19, 0.007);
      samples.add(1, 0.3, 0.19, 0.2);
    }
    assertEquals(5, samples.counted());
    assertFalse(samples.disturbed());
    assertEquals(0.1, samples.quantile(1), EXACT);
  }

  @Test
  void theLeastDisturbedThirdStandsForTooFewCleanSamples() {
    Samples samples = new Samples(2);
    for (int i = 1; i <= 12; i++) {
      samples.add(1, 0.1 * i, 0.1, 0.05 * i * i);
    }
    assertTrue(samples.disturbed());
    assertEquals(0.4, samples.quantile(1), EXACT);
  }
}
