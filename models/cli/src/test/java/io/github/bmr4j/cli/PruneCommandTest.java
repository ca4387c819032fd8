package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole command on the bundled digits, with a schedule of a second. */
class PruneCommandTest {

  private static final List<String> METRICS = List.of("accuracy", "nll", "ece", "elbo", "weights");

  @TempDir private Path folder;

  private Console prune(String out, String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("prune", "--hidden", "16,12", "--warm-up", "400", "--rounds", "3"));
    arguments.addAll(List.of("--learning-rate", "1e-2"));
    arguments.addAll(List.of("--iterations", "40", "--samples", "10"));
    if (!List.of(more).contains("--seed")) {
      arguments.addAll(List.of("--seed", "3"));
    }
    arguments.addAll(List.of("--out", folder.resolve(out).toString()));
    arguments.addAll(Arrays.asList(more));
    return Console.run(arguments.toArray(String[]::new));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(Object value) {
    return (Map<String, Object>) value;
  }

  private static List<?> list(Object value) {
    return (List<?>) value;
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  @Test
  void theOptimizerIsReportedWithTheRateThatItRanWith() throws IOException {
    String[] chosen = {"--optimizer", "ivon", "--rounds", "1", "--hidden", "8", "--warm-up", "20"};
    String[] run = {"prune", "--json", "--iterations", "1", "--samples", "2", "--out"};
    List<String> arguments = new ArrayList<>(Arrays.asList(run));
    arguments.add(folder.resolve("ivon").toString());
    arguments.addAll(Arrays.asList(chosen));
    Console console = Console.run(arguments.toArray(String[]::new));
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> config =
        object(object(Json.parse(console.out(), "standard output")).get("config"));
    assertEquals("ivon", config.get("optimizer"));
    assertEquals(0.01, number(config.get("learning_rate")));
  }

  @Test
  void jsonHasTheBindingKeysAndIsTheOnlyThingOnStandardOutput() throws IOException {
    Console console = prune("json", "--json");
    assertEquals(0, console.code(), console.toString());
    assertEquals(1, console.out().lines().count(), "one line");
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));

    for (String key :
        List.of("command", "data", "network", "method", "seed", "backend", "threads", "before")) {
      assertTrue(json.containsKey(key), key);
    }
    assertEquals("prune", json.get("command"));
    assertEquals("digits", json.get("data"));
    assertEquals("mlp", json.get("network"));
    assertEquals("stochastic-bmr", json.get("method"));
    assertEquals(3L, json.get("seed"));
    for (String when : List.of("before", "after")) {
      assertTrue(object(json.get(when)).keySet().containsAll(METRICS), when);
    }
    assertTrue(
        object(json.get("seconds"))
            .keySet()
            .containsAll(List.of("total", "train", "prune", "evaluate")));
    Map<String, Object> files = object(json.get("files"));
    assertTrue(Files.isRegularFile(Path.of((String) files.get("posterior"))));
    assertTrue(Files.isRegularFile(Path.of((String) files.get("certificate"))));
    assertTrue(Files.isRegularFile(Path.of((String) files.get("compact"))));
    for (String key : List.of("pruned_fraction", "delta_f_predicted", "delta_f_realised")) {
      assertTrue(Double.isFinite(number(json.get(key))), key);
    }
    assertTrue(object(json.get("versions")).keySet().containsAll(List.of("bmr4j", "java", "vm")));
    assertEquals(1, object(object(json.get("dataset")).get("sha256")).size());

    String written = Files.readString(folder.resolve("json").resolve(ResultFiles.RESULT));
    assertEquals(json, Json.parse(written, ResultFiles.RESULT), "the file has the same object");
  }

  @Test
  void countsAgreeWithEachOther() {
    Console console = prune("counts", "--json", "--quiet");
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    assertEquals("", console.err(), "quiet");
    double all = 65 * 16 + 17 * 12 + 13 * 10;
    Map<String, Object> before = object(json.get("before"));
    Map<String, Object> after = object(json.get("after"));
    assertEquals(all, number(before.get("weights")));
    assertTrue(number(after.get("weights")) < all, "something was pruned");
    assertEquals(
        1 - number(after.get("weights")) / all, number(json.get("pruned_fraction")), 1e-12);
    Map<String, Object> compact = object(json.get("compact"));
    assertEquals(all, number(object(compact.get("before")).get("parameters")));
    assertEquals(
        64 * 16 + 16 * 12 + 12 * 10, number(object(compact.get("before")).get("multiply_adds")));
    assertTrue(
        number(object(compact.get("after")).get("multiply_adds")) <= number(after.get("weights")));
    assertTrue(
        number(object(compact.get("after")).get("parameters")) <= number(after.get("weights")) + 10,
        "a folded constant may give each output a bias");
    assertEquals(2, list(compact.get("latency")).size());
    for (Object latency : list(compact.get("latency"))) {
      assertTrue(number(object(latency).get("dense_microseconds")) > 0);
      assertTrue(number(object(latency).get("compact_microseconds")) > 0);
    }
    double kept = 0;
    for (Object layer : list(json.get("layers"))) {
      kept += number(object(layer).get("kept"));
      assertTrue(number(object(layer).get("kept_outputs")) <= number(object(layer).get("outputs")));
    }
    assertEquals(number(after.get("weights")), kept, "the layers' sum");
    List<?> rounds = list(json.get("rounds"));
    assertEquals(3, rounds.size());
    double predicted = 0;
    double removed = 0;
    for (Object round : rounds) {
      predicted += number(object(round).get("delta_f_predicted"));
      removed += number(object(round).get("removed_by_evidence"));
      removed += number(object(round).get("removed_as_dead"));
      List<?> thresholds = list(object(round).get("thresholds"));
      assertEquals(3, thresholds.size());
      assertEquals(null, thresholds.get(2), "the last layer has no threshold: null, not NaN");
    }
    assertEquals(number(json.get("delta_f_predicted")), predicted, 1e-9 * Math.abs(predicted));
    assertEquals(all - kept, removed);
    assertTrue(number(before.get("accuracy")) > 0.3, "learned something: " + before);
  }

  @Test
  void withoutJsonATableOnStandardOutputAndProgressOnStandardError() {
    Console console = prune("table");
    assertEquals(0, console.code(), console.toString());
    for (String expected :
        List.of(
            "before",
            "after",
            "accuracy",
            "NLL",
            "ECE (20 equal-mass",
            "Brier",
            "LPD",
            "ELBO",
            "weights",
            "layer1",
            "layer3",
            "as predicted",
            "as realised",
            "posterior.safetensors")) {
      assertTrue(console.out().contains(expected), expected + " in " + console.out());
    }
    for (String expected :
        List.of("round 1 of 3", "round 3 of 3", "before pruning", "at the end")) {
      assertTrue(console.err().contains(expected), expected + " in " + console.err());
    }
    assertFalse(console.out().contains("round 1"), "progress is not on standard output");
    assertTrue(console.out().chars().allMatch(c -> c < 128), "the same in every encoding");
    assertTrue(console.err().chars().allMatch(c -> c < 128), console.err());
  }

  @Test
  void sameSeedSameBitsOtherSeedOthers() throws IOException {
    assertEquals(0, prune("a", "--threads", "1").code());
    assertEquals(0, prune("b", "--threads", "3").code());
    assertEquals(0, prune("c", "--seed", "4").code());
    byte[] a = Files.readAllBytes(folder.resolve("a").resolve(ResultFiles.POSTERIOR));
    byte[] b = Files.readAllBytes(folder.resolve("b").resolve(ResultFiles.POSTERIOR));
    byte[] c = Files.readAllBytes(folder.resolve("c").resolve(ResultFiles.POSTERIOR));
    assertTrue(Arrays.equals(a, b), "threads change nothing");
    assertFalse(Arrays.equals(a, c), "the seed matters");
  }

  @Test
  void oldResultsAreReplacedAndNothingElseIsTouched() throws IOException {
    Path out = Files.createDirectories(folder.resolve("old"));
    Files.writeString(out.resolve(ResultFiles.RESULT), "old");
    Files.writeString(out.resolve("notes.txt"), "mine");
    assertEquals(0, prune("old").code());
    assertNotEquals("old", Files.readString(out.resolve(ResultFiles.RESULT)));
    assertEquals("mine", Files.readString(out.resolve("notes.txt")));
    try (var files = Files.list(out)) {
      assertEquals(
          Set.of(
              "notes.txt",
              ResultFiles.RESULT,
              ResultFiles.POSTERIOR,
              ResultFiles.CERTIFICATE,
              ResultFiles.COMPACT,
              ResultFiles.REPORT,
              ResultFiles.CONFIG),
          files.map(file -> file.getFileName().toString()).collect(Collectors.toSet()));
    }
  }

  @Test
  void epochsSetTheLength() {
    Console console =
        Console.run(
            "prune",
            "--hidden",
            "4",
            "--epochs",
            "2",
            "--rounds",
            "2",
            "--samples",
            "2",
            "--json",
            "--batch",
            "100",
            "--quiet",
            "--out",
            folder.resolve("epochs").toString());
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    Map<String, Object> config = object(json.get("config"));
    double examples = number(object(json.get("dataset")).get("train_examples"));
    assertEquals(
        2 * Math.ceil(examples / 100),
        number(config.get("warm_up")) + 2 * number(config.get("iterations")));
  }

  @Test
  void readsFashionMnistFromAFolder() throws IOException {
    Path data = SmallFashion.write(folder.resolve("data"));
    Console console =
        Console.run(
            "prune",
            "--data",
            "fashion-mnist",
            "--data-dir",
            data.toString(),
            "--hidden",
            "4",
            "--warm-up",
            "5",
            "--rounds",
            "1",
            "--iterations",
            "5",
            "--samples",
            "2",
            "--json",
            "--quiet",
            "--out",
            folder.resolve("fashion").toString());
    assertEquals(0, console.code(), console.toString());
    Map<String, Object> json = object(Json.parse(console.out(), "standard output"));
    assertEquals("fashion-mnist", json.get("data"));
    assertEquals(4, object(object(json.get("dataset")).get("sha256")).size());
  }
}
