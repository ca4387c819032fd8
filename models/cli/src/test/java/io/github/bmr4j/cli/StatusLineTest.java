package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class StatusLineTest {

  private static final long SECOND = 1_000_000_000L;

  private final StringWriter text = new StringWriter();
  private final PrintWriter out = new PrintWriter(text);

  @Test
  void plainLinesComeEveryFewSeconds() {
    StatusLine line = new StatusLine(out, false);
    int shown = 0;
    for (long tenth = 0; tenth <= 200; tenth++) {
      long now = tenth * SECOND / 10;
      if (line.isDue(now)) {
        line.update("at " + tenth, now);
        shown++;
      }
    }
    assertEquals(4, shown, "in 20 seconds");
    assertEquals(4, text.toString().lines().count());
    assertFalse(text.toString().contains("\u001b"), "control characters in a log");
    assertFalse(text.toString().contains("\r\u001b"), "control characters in a log");
  }

  @Test
  void aTerminalsLineIsRewrittenAndNeverWraps() {
    StatusLine line = new StatusLine(out, true);
    line.update("x".repeat(200), 0);
    line.print("stays");
    assertEquals(
        "\r\u001b[K" + "x".repeat(79) + "\r\u001b[Kstays" + System.lineSeparator(),
        text.toString());
  }

  @Test
  void worksWhereTheClockIsNegative() {
    StatusLine line = new StatusLine(out, false);
    long start = Long.MIN_VALUE + 17;
    assertFalse(line.isDue(start));
    assertFalse(line.isDue(start + 4 * SECOND));
    assertTrue(line.isDue(start + 5 * SECOND));
  }
}
