package io.github.bmr4j.cli;

import java.text.MessageFormat;
import java.util.ResourceBundle;

/**
 * What the library logs, as plain lines on standard error: warnings always, the rest of this
 * project's sentences with {@code --verbose}, those of others never.
 */
public final class Log extends System.LoggerFinder {

  private static final String PROJECT = "io.github.bmr4j";

  private static volatile boolean verbose;

  /** For {@link java.util.ServiceLoader}. */
  public Log() {}

  static void setVerbose(boolean wanted) {
    verbose = wanted;
  }

  @Override
  public System.Logger getLogger(String name, Module module) {
    return new Lines(name);
  }

  private record Lines(String name) implements System.Logger {

    @Override
    public String getName() {
      return name;
    }

    @Override
    public boolean isLoggable(Level level) {
      boolean own = name.startsWith(PROJECT);
      int least = own && verbose ? Level.INFO.getSeverity() : Level.WARNING.getSeverity();
      return level != Level.OFF && level.getSeverity() >= least;
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
      if (isLoggable(level)) {
        boolean warns = level.getSeverity() >= Level.WARNING.getSeverity();
        System.err.println("bmr: " + (warns ? "warning: " : "") + message);
        if (thrown != null && verbose) {
          thrown.printStackTrace(System.err);
        }
      }
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
      if (isLoggable(level)) {
        boolean plain = parameters == null || parameters.length == 0;
        log(
            level,
            bundle,
            plain ? format : MessageFormat.format(format, parameters),
            (Throwable) null);
      }
    }
  }
}
