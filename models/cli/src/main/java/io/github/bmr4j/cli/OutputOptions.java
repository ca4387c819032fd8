package io.github.bmr4j.cli;

import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** How a command talks: the options that all of them share. */
final class OutputOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  @Option(
      names = "--json",
      description = "Print exactly one JSON object on standard output, all else on standard error.")
  private boolean json;

  @Option(
      names = {"-q", "--quiet"},
      description = "No progress; warnings and results only.")
  private boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      description = "Say more, and show the stack trace of a failure.")
  private boolean verbose;

  @Option(
      names = ConfigFile.OPTION,
      paramLabel = "FILE",
      description = {
        "Options in a file, a line 'name = value' each, as in config.properties of a run; what is"
            + " typed comes first."
      })
  @SuppressWarnings("UnusedVariable") // ConfigFile has put its options into the command line
  private Path config;

  OutputOptions() {}

  /** Refuses contradictions, and sets how much is logged. */
  void apply() {
    if (quiet && verbose) {
      throw new ParameterException(
          spec.commandLine(), "--quiet and --verbose contradict each other; give one of them");
    }
    Log.setVerbose(verbose);
  }

  boolean json() {
    return json;
  }

  boolean quiet() {
    return quiet;
  }
}
