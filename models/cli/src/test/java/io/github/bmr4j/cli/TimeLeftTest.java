package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TimeLeftTest {

  private static final long MILLISECOND = 1_000_000;

  /** Steps of 10 ms, prunings of 100 ms, evaluations of 500 ms: known at every point. */
  @Test
  void isExactWhenEachKindTakesTheSameTime() {
    long now = 0;
    long step = 0;
    TimeLeft left = new TimeLeft(100 + 4 * 50, 4, now);
    for (int i = 0; i < 100; i++) {
      left.step(++step, now += 10 * MILLISECOND);
    }
    left.evaluation(now += 500 * MILLISECOND);
    left.round(1, now += 100 * MILLISECOND);
    assertEquals(4 * 50 * 0.01 + 3 * 0.1 + 0.5, left.left(), 1e-9);
    for (int i = 0; i < 50; i++) {
      left.step(++step, now += 10 * MILLISECOND);
    }
    assertEquals(3 * 50 * 0.01 + 3 * 0.1 + 0.5, left.left(), 1e-9);
  }

  /** After the JIT has done its work, slow first steps must not weigh on the estimate. */
  @Test
  void forgetsSlowFirstSteps() {
    long now = 0;
    long step = 0;
    TimeLeft left = new TimeLeft(2_000, 0, now);
    for (int i = 0; i < 20; i++) {
      left.step(++step, now += 100 * MILLISECOND);
    }
    for (int i = 0; i < 980; i++) {
      left.step(++step, now += MILLISECOND);
    }
    assertEquals(1_000 * 0.001, left.left(), 0.01);
  }
}
