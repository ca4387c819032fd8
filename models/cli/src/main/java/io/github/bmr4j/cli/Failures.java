package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.onnx.OnnxException;
import io.github.bmr4j.kernels.DeviceException;
import io.github.bmr4j.models.data.DataNotFoundException;
import io.github.bmr4j.models.io.InvalidFileException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * Turns every failure into a line or two on standard error and an exit code. A stack trace is shown
 * only with {@code --verbose} or {@value #DEBUG_VARIABLE}=1.
 */
final class Failures implements IParameterExceptionHandler, IExecutionExceptionHandler {

  /** Environment variable that asks for stack traces. */
  static final String DEBUG_VARIABLE = "BMR_DEBUG";

  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    CommandLine command = failure.getCommandLine();
    PrintWriter err = command.getErr();
    err.println("bmr: " + failure.getMessage());
    if (!UnmatchedArgumentException.printSuggestions(failure, err)) {
      String name = command.getCommandSpec().qualifiedName();
      err.println("Try '" + name + " --help'.");
    }
    err.flush();
    return ExitCode.USAGE;
  }

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    return report(failure, command.getErr(), wantsTrace(parsed));
  }

  /** As {@link #report(Throwable, PrintWriter, boolean)}, where it is not known what was asked. */
  static int report(Throwable failure, PrintWriter err) {
    return report(failure, err, debugs());
  }

  static int report(Throwable thrown, PrintWriter err, boolean trace) {
    Throwable failure = thrown instanceof UncheckedIOException io ? io.getCause() : thrown;
    err.println("bmr: " + message(failure));
    if (trace) {
      failure.printStackTrace(err);
    } else if (isUnexpected(failure)) {
      err.println("This is a defect of bmr; with " + DEBUG_VARIABLE + "=1 it says where.");
    }
    err.flush();
    return exitCode(failure);
  }

  static int exitCode(Throwable failure) {
    return switch (failure) {
      case InputException _, InvalidFileException _, OnnxException _, DataNotFoundException _ ->
          ExitCode.USAGE;
      default -> ExitCode.FAILED;
    };
  }

  static String message(Throwable failure) {
    return switch (failure) {
      case OutOfMemoryError _ ->
          "Out of memory: "
              + (Runtime.getRuntime().maxMemory() >> 20)
              + " MiB of heap are not enough. Give it more (BMR_JAVA_OPTS=-Xmx8g), or choose a"
              + " smaller network or batch.";
      case AccessDeniedException denied -> denied.getFile() + ": permission denied";
      case NoSuchFileException missing when missing.getReason() == null ->
          missing.getFile() + ": there is no such file or folder";
      case FileSystemException plain when plain.getMessage() != null -> plain.getMessage();
      case Throwable other when isUnexpected(other) -> "Unexpected failure: " + other;
      default -> String.valueOf(failure.getMessage());
    };
  }

  private static boolean isUnexpected(Throwable failure) {
    return switch (failure) {
      case InputException _,
          InvalidFileException _,
          OnnxException _,
          DataNotFoundException _,
          DivergedException _,
          DeviceException _,
          OutOfMemoryError _ ->
          false;
      case IOException io -> io.getMessage() == null;
      default -> true;
    };
  }

  private static boolean wantsTrace(ParseResult parsed) {
    ParseResult last = parsed;
    while (last.hasSubcommand()) {
      last = last.subcommand();
    }
    return debugs() || last.matchedOptionValue("--verbose", false);
  }

  private static boolean debugs() {
    return "1".equals(System.getenv(DEBUG_VARIABLE));
  }
}
