package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ProgressTest {

  private static final long SECOND = 1_000_000_000L;

  private final StringWriter text = new StringWriter();
  private final AtomicLong clock = new AtomicLong();

  private Progress progress() {
    return new Progress(
        new StatusLine(new PrintWriter(text), false),
        StochasticBmr.Config.PUBLISHED,
        1_000,
        clock::get);
  }

  @Test
  void saysHowMuchTimeIsLeft() {
    Progress progress = progress();
    for (int step = 1; step <= 12; step++) {
      clock.addAndGet(SECOND);
      progress.step(step, 25_500, 0.5);
    }
    List<String> lines = text.toString().lines().toList();
    assertEquals(2, lines.size(), "a line every five seconds or so: " + lines);
    assertEquals("step 6 of 25,500, loss 0.500 nats, 7:04:54 left", lines.get(0));
  }

  @Test
  void aLineForEachPruning() {
    Progress progress = progress();
    ModelReduction.Round reduction =
        new ModelReduction.Round(1, 30, 5, 123.45, List.of(2.5, Double.NaN), List.of(1.0, 1.0));
    progress.pruned(new StochasticBmr.Round(reduction, Double.NaN, 250));
    String last = text.toString().lines().toList().getLast();
    assertEquals(
        "round 1 of 50: 250 weights left (25.0 %), thresholds [+2.50 -], predicted +123.5,"
            + " realised -",
        last);
    assertTrue(text.toString().lines().findFirst().orElseThrow().contains("nats"));
  }
}
