package io.github.bmr4j.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** Runs the command inside this JVM and keeps what it says. */
final class Console {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();
  private final int code;

  private Console(String... arguments) {
    CommandLine command = Main.commandLine();
    command.setOut(new PrintWriter(out));
    command.setErr(new PrintWriter(err));
    code = command.execute(arguments);
  }

  static Console run(String... arguments) {
    return new Console(arguments);
  }

  int code() {
    return code;
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }

  @Override
  public String toString() {
    return "exit code " + code + "\n--- standard output\n" + out + "\n--- standard error\n" + err;
  }
}
