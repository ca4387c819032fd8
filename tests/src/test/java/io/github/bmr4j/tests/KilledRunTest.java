package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The command, killed with SIGKILL at random instants, goes on and ends with the bits of a run that
 * was not. {@code -Dbmr4j.kills=100} kills that often; the build kills a few times.
 */
class KilledRunTest {

  private static final int KILLS = Integer.getInteger("bmr4j.kills", 3);

  /** From before the first step to after the last, with a JVM's start. */
  private static final int LONGEST_LIFE = Integer.getInteger("bmr4j.killsWithin", 6_000);

  @TempDir private Path folder;

  private static String[] prune(Path out, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of("prune", "--hidden", "40,30", "--warm-up", "600", "--rounds", "12", "--json"));
    arguments.addAll(List.of("--iterations", "60", "--samples", "10", "--checkpoint-every", "0.1"));
    arguments.addAll(List.of("--out", out.toString()));
    arguments.addAll(Arrays.asList(more));
    return arguments.toArray(String[]::new);
  }

  @Test
  void aRunThatIsKilledGoesOnToTheSameBits() throws Exception {
    Path whole = folder.resolve("whole");
    Ended expected = CommandProcess.onModulePath(List.of(), prune(whole)).end();
    assertEquals(0, expected.code(), expected.toString());
    Random random = new Random(KILLS);
    int kills = 0;
    int finished = 0;
    int resumed = 0;
    boolean killed = true;
    while (killed || kills < KILLS) {
      Path out = folder.resolve("killed" + finished);
      // After the last kill it lives as long as it likes.
      long life = kills < KILLS ? random.nextInt(LONGEST_LIFE) : Long.MAX_VALUE / 2;
      CommandProcess process = CommandProcess.onModulePath(List.of(), prune(out, "--resume"));
      killed = process.killAfter(life);
      Ended ended = process.end();
      resumed += ended.err().contains("Going on after step") ? 1 : 0;
      if (killed) {
        kills++;
      } else {
        assertEquals(0, ended.code(), ended.toString());
        assertSameResults(whole, out);
        finished++;
      }
    }
    assertTrue(resumed > 0 || KILLS < 3, "no run went on from a checkpoint");
    System.out.printf(
        "%d kills, %d runs went on from a checkpoint, %d ended, all alike%n",
        kills, resumed, finished);
  }

  private static void assertSameResults(Path whole, Path out) throws IOException {
    for (String name :
        List.of("posterior.safetensors", "certificate.safetensors", "compact.safetensors")) {
      assertArrayEquals(
          Files.readAllBytes(whole.resolve(name)), Files.readAllBytes(out.resolve(name)), name);
    }
    assertEquals(numbers(whole), numbers(out));
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(List.of(), files.filter(KilledRunTest::isLeftOver).toList());
    }
  }

  private static boolean isLeftOver(Path file) {
    String name = file.getFileName().toString();
    return name.startsWith(".") || name.startsWith("checkpoint");
  }

  private static Map<String, Object> numbers(Path out) throws IOException {
    Path file = out.resolve("result.json");
    Map<?, ?> json = (Map<?, ?>) Json.parse(Files.readString(file), file.toString());
    return Map.of(
        "before", json.get("before"),
        "after", json.get("after"),
        "rounds", json.get("rounds"),
        "predicted", json.get("delta_f_predicted"),
        "realised", json.get("delta_f_realised"));
  }
}
