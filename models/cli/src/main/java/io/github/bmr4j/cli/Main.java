package io.github.bmr4j.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The {@code bmr} command: it only sorts out which command is meant. */
@Command(
    name = "bmr",
    description = "Trains Bayesian neural networks and prunes them by Bayesian model reduction.",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class)
public final class Main implements Runnable {

  @Spec private CommandSpec spec;

  Main() {}

  /**
   * Runs the command and ends the process: 0 fine, 1 the run failed, 2 bad usage or bad input.
   *
   * @param arguments as typed after {@code bmr}
   */
  public static void main(String[] arguments) {
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    return new CommandLine(new Main());
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "Which command? See the usage below.");
  }

  /** What {@code bmr --version} prints. */
  static final class Version implements IVersionProvider {

    Version() {}

    @Override
    public String[] getVersion() {
      return new String[] {
        "bmr " + projectVersion(),
        "Java ${java.version} (${java.vendor}), ${os.name} ${os.version} ${os.arch}"
      };
    }

    private static String projectVersion() {
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
