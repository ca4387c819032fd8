package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class MainTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    CommandLine commandLine = Main.commandLine();
    commandLine.setOut(new PrintWriter(out));
    commandLine.setErr(new PrintWriter(err));
    return commandLine.execute(arguments);
  }

  @Test
  void versionIsTheProjectsNotThePlaceholder() {
    assertEquals(0, run("--version"));
    assertTrue(out.toString().matches("(?s)bmr \\d+\\.\\d+\\.\\d+\\S*\\R.*"), out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void helpGoesToStandardOutput() {
    assertEquals(0, run("--help"));
    assertTrue(out.toString().startsWith("Usage: bmr"), out.toString());
    assertEquals("", err.toString());
  }

  @Test
  void badUsageIsExitCodeTwoAndLeavesStandardOutputClean() {
    assertEquals(2, run("--no-such-option"));
    assertEquals("", out.toString());
    assertTrue(err.toString().contains("--no-such-option"), err.toString());
  }

  @Test
  void noCommandIsBadUsage() {
    assertEquals(2, run());
    assertTrue(err.toString().contains("Usage: bmr"), err.toString());
  }
}
