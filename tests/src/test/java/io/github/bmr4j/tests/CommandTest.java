package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command in a process of its own, started in the ways that a user may start it. */
class CommandTest {

  /** What the JVM warns without, once the OpenCL back end is asked. */
  private static final List<String> OPENCL =
      List.of("--enable-native-access=io.github.bmr4j.kernels.opencl");

  /** Said by the JVM itself; nothing silences it. */
  private static final String JVM_WARNING = "WARNING: Using incubator modules";

  @TempDir private Path folder;

  private static String expectedBackend() {
    return System.getProperty("bmr4j.expectBackend", "simd");
  }

  private String[] prune(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("prune", "--hidden", "20", "--warm-up", "60", "--rounds", "2", "--json"));
    arguments.addAll(List.of("--iterations", "20", "--samples", "4"));
    arguments.addAll(List.of("--out", folder.resolve(out).toString()));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray(String[]::new);
  }

  private static Map<?, ?> object(String text) {
    return (Map<?, ?>) Json.parse(text, "standard output");
  }

  private static List<String> ownLines(String err) {
    return err.lines().filter(line -> !line.startsWith(JVM_WARNING)).toList();
  }

  @Test
  void withoutAnOpenClLibraryItSaysSoAndRunsNowhereElse() throws Exception {
    List<String> options = new ArrayList<>(OPENCL);
    options.add("-Dbmr4j.opencl.library=no-such-library");
    Ended ended = CommandProcess.onModulePath(options, prune("o", "--backend", "opencl")).end();
    assertEquals(2, ended.code(), ended.toString());
    assertEquals("", ended.out());
    assertTrue(ended.err().contains("no-such-library"), ended.err());
    assertTrue(ended.err().contains("PoCL"), ended.err());
    assertFalse(ended.err().contains("\tat "), ended.err());
  }

  @Test
  void onTheModulePathItNeedsNoFlag() throws Exception {
    Ended ended = CommandProcess.onModulePath(List.of(), prune("m", "--quiet")).end();
    assertEquals(0, ended.code(), ended.toString());
    assertEquals(expectedBackend(), object(ended.out()).get("backend"));
    assertEquals(List.of(), ownLines(ended.err()), "quiet");
    for (String name :
        List.of(
            "posterior.safetensors",
            "certificate.safetensors",
            "compact.safetensors",
            "result.json")) {
      assertTrue(Files.size(folder.resolve("m").resolve(name)) > 100, name);
    }
  }

  @Test
  void onTheClassPathSimdTakesOneFlag() throws Exception {
    List<String> flag = List.of("--add-modules", "jdk.incubator.vector");
    Ended ended = CommandProcess.onClassPath(flag, prune("c", "--quiet")).end();
    assertEquals(0, ended.code(), ended.toString());
    assertEquals(expectedBackend(), object(ended.out()).get("backend"));
  }

  @Test
  void withoutTheFlagItIsScalarAndOneLineSaysWhy() throws Exception {
    Ended ended = CommandProcess.onClassPath(List.of(), prune("s", "--quiet")).end();
    assertEquals(0, ended.code(), ended.toString());
    assertEquals("scalar", object(ended.out()).get("backend"));
    List<String> lines = ownLines(ended.err());
    assertEquals(1, lines.size(), ended.toString());
    assertTrue(lines.get(0).contains("--add-modules jdk.incubator.vector"), lines.get(0));
  }

  @Test
  void anExplicitBackEndIsNeverReplaced() throws Exception {
    Ended ended = CommandProcess.onClassPath(List.of(), prune("x", "--backend", "simd")).end();
    assertEquals(2, ended.code(), ended.toString());
    assertEquals("", ended.out());
    assertEquals(1, ownLines(ended.err()).size(), ended.toString());
    assertTrue(ended.err().contains("--add-modules jdk.incubator.vector"), ended.err());
    assertFalse(Files.exists(folder.resolve("x")));
  }

  @Test
  void doctorIsContentOnTheModulePath() throws Exception {
    Ended ended = CommandProcess.onModulePath(OPENCL, "doctor", "--json").end();
    assertEquals(0, ended.code(), ended.toString());
    assertEquals(expectedBackend(), object(ended.out()).get("backend"));
    assertEquals(List.of(), ownLines(ended.err()));
  }

  @Test
  void badUsageIsExitCodeTwo() throws Exception {
    Ended ended = CommandProcess.onModulePath(List.of(), "prune", "--hidden", "0").end();
    assertEquals(2, ended.code(), ended.toString());
    assertEquals("", ended.out());
    assertTrue(ended.err().contains("--hidden"), ended.err());
  }

  @Test
  void noMemoryIsExitCodeOneAndLeavesNothing() throws Exception {
    Ended ended =
        CommandProcess.onModulePath(List.of("-Xmx64m"), prune("memory", "--hidden", "3000,3000"))
            .end();
    assertEquals(1, ended.code(), ended.toString());
    assertEquals("", ended.out());
    assertTrue(ended.err().contains("Out of memory"), ended.err());
    assertTrue(ended.err().contains("-Xmx"), ended.err());
    assertFalse(ended.err().contains("\tat "), ended.err());
    assertFalse(Files.exists(folder.resolve("memory")));
  }

  @Test
  void anInterruptLeavesACheckpointAndSaysHowToGoOn() throws IOException, InterruptedException {
    CommandProcess process =
        CommandProcess.onModulePath(
            List.of(),
            "prune",
            "--warm-up",
            "50",
            "--iterations",
            "100000000",
            "--samples",
            "4",
            "--json",
            "--out",
            folder.resolve("interrupted").toString());
    process.awaitError("round 1 of 30");
    assertTrue(Files.isDirectory(folder.resolve("interrupted")), "it was tried before the run");
    process.interrupt();
    Ended ended = process.end();
    assertNotEquals(0, ended.code());
    assertEquals("", ended.out());
    assertFalse(ended.err().contains("Exception"), ended.err());
    assertTrue(ended.err().contains("To go on: bmr prune --warm-up 50"), ended.err());
    assertTrue(ended.err().contains("--resume"), ended.err());
    try (Stream<Path> left = Files.list(folder.resolve("interrupted"))) {
      assertEquals(
          List.of("checkpoint.safetensors"), left.map(f -> f.getFileName().toString()).toList());
    }
    Ended other =
        CommandProcess.onModulePath(List.of(), prune("interrupted", "--resume", "--seed", "5"))
            .end();
    assertEquals(2, other.code(), other.toString());
    assertTrue(other.err().contains("was saved with"), other.err());
  }

  /** Files may not grow beyond 40 kB: as full as a disk can be. */
  @Test
  void aDiskThatCannotTakeACheckpointIsFoundOutBeforeTheRun() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/bash")), "bash limits the size of files");
    Ended ended = CommandProcess.withFilesUpTo(40, prune("full", "--hidden", "100")).end();
    assertEquals(2, ended.code(), ended.toString());
    assertTrue(ended.err().contains("no checkpoint"), ended.err());
    assertFalse(ended.err().contains("round 1"), ended.err());
    assertFalse(Files.exists(folder.resolve("full")), "nothing is left");
  }
}
