package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bmr prune --data} with the file of a table. */
class PruneTableTest {

  @TempDir private Path folder;
  private Path file;

  /** y = 3 a − 2 + noise, z = |b| + noise; c matters to none; kind is the sign of a + b. */
  @BeforeEach
  void write() throws IOException {
    Random random = new Random(4);
    StringBuilder csv = new StringBuilder("a,b,c,kind,y,z\n");
    for (int i = 0; i < 400; i++) {
      double a = random.nextGaussian();
      double b = random.nextGaussian();
      csv.append(
          String.format(
              Locale.ROOT,
              "%f,%f,%f,%s,%f,%f%n",
              a,
              b,
              random.nextGaussian(),
              a + b > 0 ? "up" : "down",
              3 * a - 2 + 0.3 * random.nextGaussian(),
              Math.abs(b) + 0.1 * random.nextGaussian()));
    }
    file = Files.writeString(folder.resolve("t.csv"), csv);
  }

  private Console prune(String... arguments) {
    List<String> all = new ArrayList<>(List.of("prune", "--data", file.toString()));
    all.addAll(Arrays.asList(arguments));
    all.addAll(List.of("--out", folder.resolve("out").toString()));
    return Console.run(all.toArray(new String[0]));
  }

  @Test
  void severalRealTargetsByPrincipledPruning() throws IOException {
    Console console =
        prune(
            ("--method principled-pruning --target-column z,y --ignore kind --hidden 8 --epochs 150"
                    + " --fine-tune 40 --scheme variance-backpropagation --json -q")
                .split(" "));
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    Map<?, ?> after = (Map<?, ?>) json.get("after");
    List<?> targets = (List<?>) after.get("targets");
    assertNull(after.get("rmse"));
    assertEquals("z", ((Map<?, ?>) targets.get(0)).get("name"));
    // The noise has 0.1 and 0.3; without a network it would be 0.6 and 3.
    assertTrue(number(targets.get(0), "rmse") < 0.25, console.out());
    assertTrue(number(targets.get(1), "rmse") < 0.6, console.out());
    assertTrue(number(json, "pruned_fraction") > 0.3, console.out());
    assertTrue(number(after, "elbo") > number(json.get("before"), "elbo"), console.out());
    try (SafetensorsReader posterior =
        SafetensorsReader.open(folder.resolve("out/posterior.safetensors"))) {
      int kept = 0;
      for (String tensor :
          List.of("layer1.weight", "layer1.bias", "layer2.weight", "layer2.bias")) {
        for (boolean in : posterior.readBooleans(tensor + ".mask")) {
          kept += in ? 1 : 0;
        }
      }
      assertEquals(number(after, "weights"), kept);
      assertEquals(4, posterior.readFloats("precision").length);
    }
  }

  /** What it wrote is a posterior that can be pruned as one from elsewhere. */
  @Test
  void itsPosteriorCanBePrunedAgain() {
    Console first =
        prune(
            ("--method principled-pruning --target-column y --ignore kind,z --hidden 4 --epochs 5"
                    + " --rounds 0 --heteroscedastic --empirical-bayes -q")
                .split(" "));
    assertEquals(0, first.code(), first.toString());
    Console again =
        Console.run(
            "prune",
            folder.resolve("out/posterior.safetensors").toString(),
            "--out",
            folder.resolve("again").toString(),
            "--json");
    assertEquals(0, again.code(), again.toString());
    // Four units of three inputs; two outputs, one of which says how large the noise is.
    assertEquals(4 * 4 + 2 * 5, number(Json.parse(again.out(), "standard output"), "weights"));
  }

  @Test
  void classesByStochasticBmr() {
    Console console =
        prune(
            "--target-column kind --ignore y,z --classes --hidden 8 --epochs 1500 --json -q"
                .split(" "));
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertTrue(number(json.get("after"), "accuracy") > 0.85, console.out());
    assertTrue(number(json, "pruned_fraction") > 0.2, console.out());
  }

  private static double number(Object json, String key) {
    return ((Number) ((Map<?, ?>) json).get(key)).doubleValue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--ignore kind                                  | real targets | principled-pruning",
        "--method principled-pruning --target-column kind --classes | has classes | t.csv",
        "--method principled-pruning --target-column q  | no column 'q' | a, b, c, kind, y, z",
        "--method principled-pruning --scheme variance-backpropagation --activation swish --ignore"
            + " kind | relu, sigmoid and tanh | swish",
        "--method principled-pruning --ignore kind --network lenet | lenet | --network mlp",
        "--method principled-pruning --rule evidence --ignore kind | --rule | stochastic-bmr",
        "--scheme local --classes --target-column kind   | --scheme | principled-pruning",
        "--classes --target-column kind --network vit   | vit | choose mlp",
        "--data-dir x --ignore kind                     | --data-dir | leave it out",
        "--test-share 1 --ignore kind                   | 1.0 | share",
      })
  void mistakesAreSaid(String arguments, String first, String second) {
    Console console = prune(arguments.strip().split(" +"));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(first), console.err());
    assertTrue(console.err().contains(second), console.err());
    assertFalse(Files.exists(folder.resolve("out")), console.err());
  }

  @Test
  void optionsOfTablesNeedOne() {
    Console console = Console.run("prune", "--separator", "tab");
    assertEquals(2, console.code());
    assertTrue(console.err().contains("--separator is about a table"), console.err());
    Console missing = Console.run("prune", "--data", folder.resolve("none.csv").toString());
    assertEquals(2, missing.code());
    assertTrue(missing.err().contains("no file"), missing.err());
  }
}
