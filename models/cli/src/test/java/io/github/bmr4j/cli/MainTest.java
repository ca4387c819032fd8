package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

class MainTest {

  @Test
  void versionIsTheProjectsNotThePlaceholder() {
    Console console = Console.run("--version");
    assertEquals(0, console.code());
    assertTrue(console.out().matches("(?s)bmr \\d+\\.\\d+\\.\\d+\\S*\\R.*"), console.out());
    assertEquals("", console.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "train",
        "prune",
        "select",
        "compare",
        "evaluate",
        "predict",
        "export",
        "report",
        "verify",
        "doctor",
        "data",
        "data list",
        "data fetch",
        "data check",
        "completion"
      })
  void helpGoesToStandardOutput(String command) {
    Console console = Console.run((command + " --help").strip().split(" "));
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("Usage: bmr"), console.out());
    assertTrue(console.out().contains(command), console.out());
    assertEquals("", console.err());
  }

  @Test
  void badUsageIsExitCodeTwoAndLeavesStandardOutputClean() {
    Console console = Console.run("--no-such-option");
    assertEquals(2, console.code());
    assertEquals("", console.out());
    assertTrue(console.err().contains("--no-such-option"), console.err());
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "data"})
  void noCommandIsBadUsage(String command) {
    Console console = Console.run(command.isEmpty() ? new String[0] : new String[] {command});
    assertEquals(2, console.code());
    assertEquals("", console.out());
    assertTrue(console.err().contains("Usage: bmr"), console.err());
  }

  @Test
  void onlyWhatExistsIsDeclared() {
    assertEquals(
        Set.of(
            "train",
            "prune",
            "select",
            "compare",
            "evaluate",
            "predict",
            "export",
            "report",
            "verify",
            "doctor",
            "data",
            "completion"),
        Main.commandLine().getSubcommands().keySet());
  }

  @Test
  void everyOptionAndCommandSaysWhatItDoes() {
    List<String> silent = new ArrayList<>();
    int seen = collectSilent(Main.commandLine(), silent);
    assertEquals(List.of(), silent);
    assertTrue(seen > 40, "looked at only " + seen + " options");
  }

  private static int collectSilent(CommandLine command, List<String> silent) {
    String name = command.getCommandSpec().qualifiedName();
    if (command.getCommandSpec().usageMessage().description().length == 0) {
      silent.add(name);
    }
    int seen = 0;
    for (OptionSpec option : command.getCommandSpec().options()) {
      seen++;
      if (option.description().length == 0) {
        silent.add(name + " " + option.longestName());
      }
    }
    for (CommandLine subcommand : command.getSubcommands().values()) {
      seen += collectSilent(subcommand, silent);
    }
    return seen;
  }

  @Test
  void aMistypedOptionIsAnsweredWithTheRightOne() {
    Console console = Console.run("prune", "--hiden", "10");
    assertEquals(2, console.code());
    assertTrue(console.err().contains("--hidden"), console.err());
    assertFalse(console.err().contains("Usage:"), console.err());
  }
}
