package io.github.bmr4j.cli;

import java.time.Duration;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How a run guards against its end before its time. */
final class CheckpointOptions {

  private static final int MOST_SECONDS = 1_000_000;

  @Option(
      names = "--resume",
      description = {
        "Go on with the run that was stopped in --out, from its last checkpoint; the other options must be as"
            + " they were. The result is the same, to the bit, as without the stop."
      })
  private boolean resume;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "SECONDS",
      description = {
        "Write a checkpoint that often (default: 60), or with 0 only when the run is interrupted."
      })
  private Double seconds;

  CheckpointOptions() {}

  boolean resume() {
    return resume;
  }

  /**
   * Time between checkpoints; zero for none but at an interrupt.
   *
   * @param spec of the command, for messages
   */
  Duration interval(CommandSpec spec) {
    double chosen = seconds == null ? 60 : seconds;
    if (!(chosen >= 0 && chosen <= MOST_SECONDS)) {
      throw new ParameterException(
          spec.commandLine(),
          "--checkpoint-every must lie in 0 … " + MOST_SECONDS + ", but is " + chosen);
    }
    return Duration.ofNanos(Math.round(chosen * 1e9));
  }
}
