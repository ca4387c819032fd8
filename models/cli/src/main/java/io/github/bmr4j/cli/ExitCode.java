package io.github.bmr4j.cli;

/** What the process tells the shell. */
final class ExitCode {

  /** All went well. */
  static final int OK = 0;

  /** The run failed: it diverged, ran out of memory, or could not write its results. */
  static final int FAILED = 1;

  /** Bad usage or bad input; the same is done again with the same result until that is mended. */
  static final int USAGE = 2;

  private ExitCode() {}
}
