package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ScheduleTest {

  /** The paper's: 25,500 steps. */
  private final Schedule published = new Schedule(500, 50, 500);

  @Test
  void scalingToTheSameLengthChangesNothing() {
    assertEquals(published, published.scaledTo(published.totalSteps()));
  }

  @Test
  void lengthIsExactAndProportionsStay() {
    for (long steps = 1; steps < 60_000; steps += 371) {
      Schedule scaled = published.scaledTo(steps);
      assertEquals(steps, scaled.totalSteps(), "length for " + steps);
      if (steps > 2_000) {
        assertEquals(50, scaled.rounds());
        double share = (double) scaled.stepsPerRound() / steps;
        // One step a round is what rounding may cost.
        assertEquals(500.0 / 25_500, share, 1.0 / steps, "share for " + steps);
      }
    }
  }

  @Test
  void fewStepsGiveFewerRoundsButNoEmptyOnes() {
    for (long steps = 1; steps <= 60; steps++) {
      Schedule scaled = published.scaledTo(steps);
      assertEquals(steps, scaled.totalSteps());
      assertTrue(scaled.warmUp() >= 1, scaled.toString());
      assertTrue(scaled.rounds() == 0 || scaled.stepsPerRound() >= 1, scaled.toString());
    }
  }

  @Test
  void refusesLengthsOutOfRange() {
    assertThrows(InputException.class, () -> published.scaledTo(0));
    assertThrows(InputException.class, () -> published.scaledTo(1L << 31));
  }
}
