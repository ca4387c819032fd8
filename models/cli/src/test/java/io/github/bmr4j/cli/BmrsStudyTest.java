package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code bmr compare --study bmrs} on 40 tiny images, for an epoch. */
class BmrsStudyTest {

  @TempDir private Path folder;

  private Console compare(String only, String seeds) throws IOException {
    return Console.run(
        "compare",
        "--study",
        "bmrs",
        "--data-dir",
        SmallFashion.write(folder.resolve("data")).toString(),
        "--only",
        only,
        "--length",
        "0.02",
        "--seeds",
        seeds,
        "--json",
        "--quiet",
        "-o",
        folder.resolve("out").toString());
  }

  private static double number(Map<?, ?> run, String key) {
    return ((Number) run.get(key)).doubleValue();
  }

  @Test
  void baselinesPruneAsMuchAsAsked() throws IOException {
    Console console = compare("network=mlp,method=none,method=l2,method=snr", "2");
    assertEquals(0, console.code(), console.toString());
    List<?> runs = (List<?>) ((Map<?, ?>) Json.parse(console.out(), "out")).get("runs");
    assertEquals(6, runs.size());
    for (Object each : runs) {
      Map<?, ?> run = (Map<?, ?>) each;
      double structures = number(run, "structures %");
      if (run.get("method").equals("none")) {
        assertEquals(0, structures);
        assertEquals(0, number(run, "parameters %"));
      }
      assertTrue(structures >= 0 && structures <= 100);
      assertTrue(number(run, "seed") == 1000 || number(run, "seed") == 1001, "the authors' seeds");
    }
  }

  @Test
  void lenetHasASettingOfItsOwn() throws IOException {
    Console console = compare("network=lenet,method=bmrs-u-4-tempered,method=bmrs-n", "1");
    assertEquals(0, console.code(), console.toString());
    List<?> runs = (List<?>) ((Map<?, ?>) Json.parse(console.out(), "out")).get("runs");
    assertEquals(2, runs.size());
    assertTrue(compare("network=lenet,method=none", "11").err().contains("10 seeds"));
  }
}
