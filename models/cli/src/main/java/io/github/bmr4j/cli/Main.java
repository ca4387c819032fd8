package io.github.bmr4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The {@code bmr} command: it only sorts out which command is meant. */
@Command(
    name = "bmr",
    description = "Trains Bayesian neural networks and prunes them by Bayesian model reduction.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr prune             trains and prunes a network on the bundled digits",
      "  bmr prune --help      says what can be set",
      "  bmr prune --config f  takes options from a file, a line 'name = value' each",
      "  bmr evaluate          says how well what is left of it predicts",
      "  bmr compare --help    says which studies of papers can be done again",
      "  bmr doctor            says what this machine and this Java can do",
    })
public final class Main implements Runnable {

  private static final List<Class<?>> COMMANDS =
      List.of(
          TrainCommand.class,
          PruneCommand.class,
          SelectCommand.class,
          CompareCommand.class,
          EvaluateCommand.class,
          PredictCommand.class,
          ExportCommand.class,
          ReportCommand.class,
          VerifyCommand.class,
          DoctorCommand.class,
          DataCommand.class,
          CompletionCommand.class);

  @Spec private CommandSpec spec;

  Main() {}

  /**
   * Runs the command and ends the process: 0 fine, 1 the run failed, 2 bad usage or bad input.
   *
   * @param arguments as typed after {@code bmr}
   */
  public static void main(String[] arguments) {
    int code;
    try {
      code = commandLine(meant(arguments)).execute(arguments);
    } catch (Throwable failure) {
      // Errors, such as no memory left; exceptions are dealt with inside.
      code = Failures.report(failure, new PrintWriter(System.err, true, System.err.charset()));
    }
    System.exit(code);
  }

  /** With all commands. */
  static CommandLine commandLine() {
    return commandLine(COMMANDS);
  }

  /** The command that the first argument names; all of them where that is none. */
  private static List<Class<?>> meant(String[] arguments) {
    for (Class<?> command : COMMANDS) {
      // What completes the others has to know them.
      if (arguments.length > 0
          && command != CompletionCommand.class
          && command.getAnnotation(Command.class).name().equals(arguments[0])) {
        return List.of(command);
      }
    }
    return COMMANDS;
  }

  /** Making the options of all commands takes a third of the time that {@code bmr doctor} takes. */
  private static CommandLine commandLine(List<Class<?>> commands) {
    Failures failures = new Failures();
    CommandLine configured = new Configured();
    commands.forEach(configured::addSubcommand);
    return configured
        .setParameterExceptionHandler(failures)
        .setExecutionExceptionHandler(failures)
        .setOverwrittenOptionsAllowed(true);
  }

  /** Takes options from a file, too. */
  private static final class Configured extends CommandLine {

    Configured() {
      super(new Main());
    }

    @Override
    public int execute(String... arguments) {
      String[] expanded;
      try {
        expanded = ConfigFile.expand(getCommandSpec(), arguments);
      } catch (InputException refused) {
        return Failures.report(refused, getErr());
      }
      return super.execute(expanded);
    }
  }

  @Override
  public void run() {
    throw missingSubcommand(spec);
  }

  /** For a command that does nothing by itself: bad usage, with the usage. */
  static CommandLine.ParameterException missingSubcommand(CommandSpec spec) {
    CommandLine command = spec.commandLine();
    return new CommandLine.ParameterException(
        command,
        "Which command? Known are "
            + String.join(", ", command.getSubcommands().keySet())
            + "."
            + System.lineSeparator()
            + System.lineSeparator()
            + command.getUsageMessage().stripTrailing());
  }

  /** What {@code bmr --version} prints. */
  static final class Version implements IVersionProvider {

    Version() {}

    @Override
    public String[] getVersion() {
      return new String[] {
        "bmr " + project(),
        "Java ${java.version} (${java.vendor}), ${os.name} ${os.version} ${os.arch}"
      };
    }

    /** The version of this project. */
    static String project() {
      Properties properties = new Properties();
      try (InputStream in = Main.class.getResourceAsStream("version.properties")) {
        properties.load(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return properties.getProperty("version");
    }
  }
}
