package io.github.bmr4j.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A line of text that tells how far something is. On a terminal it is rewritten in place several
 * times a second; elsewhere it is a plain line every few seconds, so that logs stay short.
 */
final class StatusLine {

  private static final Duration REWRITTEN_EVERY = Duration.ofMillis(200);
  private static final Duration PLAIN_EVERY = Duration.ofSeconds(5);

  /** A longer line would wrap, and could not be rewritten. */
  private static final int WIDTH = 79;

  private static final String ERASE = "\r\u001b[K";

  private final PrintWriter out;
  private final boolean rewrites;
  private final long interval;
  private long due;
  private boolean started;
  private boolean shown;

  /**
   * @param out takes the lines
   * @param rewrites whether it is a terminal that can rewrite a line
   */
  StatusLine(PrintWriter out, boolean rewrites) {
    this.out = out;
    this.rewrites = rewrites;
    this.interval = (rewrites ? REWRITTEN_EVERY : PLAIN_EVERY).toNanos();
  }

  /** On standard error, as that is. */
  static StatusLine on(PrintWriter err) {
    return new StatusLine(err, standardErrorIsTerminal());
  }

  /**
   * Whether it is time for an update; the first comes after one interval.
   *
   * @param now in nanoseconds
   */
  boolean isDue(long now) {
    if (!started) {
      started = true;
      due = now + interval;
    }
    return now - due >= 0;
  }

  /**
   * Shows the line.
   *
   * @param line in place of the one before
   * @param now in nanoseconds
   */
  void update(String line, long now) {
    due = now + interval;
    if (rewrites) {
      out.print(ERASE + (line.length() > WIDTH ? line.substring(0, WIDTH) : line));
      shown = true;
    } else {
      out.println(line);
    }
    out.flush();
  }

  /** Prints a line that stays. */
  void print(String line) {
    clear();
    out.println(line);
    out.flush();
  }

  /** Takes the rewritten line away. */
  void clear() {
    if (shown) {
      out.print(ERASE);
      out.flush();
      shown = false;
    }
  }

  private static boolean standardErrorIsTerminal() {
    if ("dumb".equals(System.getenv("TERM"))) {
      return false;
    }
    try {
      // Java cannot ask about standard error alone; Linux can.
      String device = Files.readSymbolicLink(Path.of("/proc/self/fd/2")).toString();
      return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty");
    } catch (IOException | UnsupportedOperationException notLinux) {
      return System.console().isTerminal();
    }
  }
}
