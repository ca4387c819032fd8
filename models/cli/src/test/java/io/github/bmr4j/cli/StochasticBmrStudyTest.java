package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The study on files in the exact form of CIFAR-10, with the published networks. */
class StochasticBmrStudyTest {

  private static final int IMAGES = 30;

  @TempDir private Path folder;

  /** Images whose brightness tells their class. */
  @BeforeEach
  void writeImages() throws IOException {
    Random random = new Random(6);
    for (String file :
        List.of(
            "data_batch_1.bin",
            "data_batch_2.bin",
            "data_batch_3.bin",
            "data_batch_4.bin",
            "data_batch_5.bin",
            "test_batch.bin")) {
      byte[] bytes = new byte[IMAGES * 3073];
      random.nextBytes(bytes);
      for (int i = 0; i < IMAGES; i++) {
        int label = i % 10;
        bytes[i * 3073] = (byte) label;
        for (int p = 1; p < 3073; p++) {
          bytes[i * 3073 + p] = (byte) (20 * label + (bytes[i * 3073 + p] & 31));
        }
      }
      Files.write(folder.resolve(file), bytes);
    }
    Files.writeString(folder.resolve("batches.meta.txt"), "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
  }

  private Console compare(String only) {
    return Console.run(
        "compare",
        "--study",
        "stochastic-bmr",
        "--data-dir",
        folder.toString(),
        "--only",
        only,
        "--length",
        "0.0008",
        "--seeds",
        "1",
        "--json",
        "-o",
        folder.resolve("out").toString());
  }

  @SuppressWarnings("unchecked") // what is no list of objects fails the test
  private static List<Map<String, Object>> runs(Console console) {
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = (Map<String, Object>) Json.parse(console.out(), "standard output");
    return (List<Map<String, Object>>) json.get("runs");
  }

  @Test
  void measuresWhatThePaperDoesAndGoesOnWhereItWas() throws IOException {
    Map<String, Object> run = runs(compare("network=lenet,method=flat-map")).get(0);
    assertEquals("cifar-10", run.get("data"));
    assertEquals("flat-map", run.get("method"));
    for (String column : List.of("ACC", "ECE", "NLL", "s/epoch")) {
      assertTrue(run.get(column) instanceof Number, () -> column + " in " + run);
    }
    assertEquals(null, run.get("pruned"));
    assertEquals(null, run.get("ELBO"), "a mode has none");
    // 20 steps, measured every other one but for the last.
    long points = run.keySet().stream().filter(key -> key.endsWith("ACC")).count();
    assertEquals(1 + 9, points, () -> "" + run.keySet());

    Map<String, Object> again = runs(compare("network=lenet,method=flat-map")).get(0);
    assertEquals(run, again);
    assertEquals(1, Files.readAllLines(folder.resolve("out").resolve("runs.jsonl")).size());
  }

  @Test
  void theTableLeavesOutTheCurves() {
    StochasticBmrStudy study = new StochasticBmrStudy();
    assertTrue(study.isShown("ACC"));
    assertFalse(study.isShown("curve 500 ACC"));
  }

  @Test
  void aFolderWithoutDataIsRefused() {
    Console console =
        Console.run(
            "compare",
            "--study",
            "stochastic-bmr",
            "--data-dir",
            folder.resolve("none").toString(),
            "-o",
            folder.resolve("out").toString());
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("neither data_batch_1.bin of CIFAR-10"), console.err());
  }
}
