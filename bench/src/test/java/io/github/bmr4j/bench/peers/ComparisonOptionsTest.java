package io.github.bmr4j.bench.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class ComparisonOptionsTest {

  @Test
  void withoutArgumentsEverythingRuns() {
    ComparisonOptions options = ComparisonOptions.of(List.of());
    assertEquals(List.of(1, 2), options.threads());
    assertFalse(options.scaling());
    assertNull(options.markdown());
    assertTrue(options.only().matcher("any row").find());
    assertTrue(options.peers().matcher("jax").find());
  }

  @Test
  void readsAllOptionsInAnyOrder() {
    ComparisonOptions options =
        ComparisonOptions.of(
            List.of(
                "--rounds",
                "3",
                "--scaling",
                "--threads",
                "4",
                "--only",
                "^step",
                "--peer",
                "jax",
                "--markdown",
                "a.md"));
    assertEquals(List.of(4), options.threads());
    assertEquals(3, options.rounds());
    assertTrue(options.scaling());
    assertTrue(options.only().matcher("step, MLP").find());
    assertFalse(options.peers().matcher("numpy").find());
    assertEquals(Path.of("a.md"), options.markdown());
  }

  @Test
  void refusesWhatItDoesNotUnderstand() {
    refuses("--rounds takes whole numbers of at least 1, but got \"0\"", "--rounds", "0");
    refuses("--threads takes whole numbers of at least 1, but got \"x\"", "--threads", "1,x");
    refuses("--only takes a regular expression, but got \"(\"", "--only", "(");
    refuses("--peers does not know --round", "--round", "1");
    refuses("--rounds needs a value", "--rounds");
  }

  private static void refuses(String start, String... arguments) {
    String message =
        assertThrows(IllegalArgumentException.class, () -> ComparisonOptions.of(List.of(arguments)))
            .getMessage();
    assertTrue(message.startsWith(start), message);
  }
}
