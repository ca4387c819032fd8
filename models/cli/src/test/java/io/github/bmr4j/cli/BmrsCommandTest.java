package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PretrainedWeights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bmr prune --method bmrs} on the bundled digits, with a schedule of a second. */
class BmrsCommandTest {

  @TempDir private Path folder;

  private Console prune(String... more) {
    List<String> arguments =
        new ArrayList<>(List.of("prune", "--method", "bmrs", "--hidden", "16,12"));
    arguments.addAll(List.of("--epochs", "16", "--learning-rate", "2e-2", "--fine-tune", "2"));
    arguments.addAll(List.of("--out", folder.resolve("out").toString()));
    arguments.addAll(Arrays.asList(more));
    return Console.run(arguments.toArray(String[]::new));
  }

  private static double number(Object object, String key) {
    return ((Number) ((Map<?, ?>) object).get(key)).doubleValue();
  }

  @Test
  void resultsAgreeWithEachOtherAndWithTheFiles() throws IOException {
    Console console = prune("--json", "--seed", "3");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals("bmrs", json.get("method"));
    assertEquals(3L, json.get("seed"));
    Map<?, ?> config = (Map<?, ?>) json.get("config");
    assertEquals("bmrs-n", config.get("rule"));
    assertEquals("tanh", config.get("activation"));
    double all = 65 * 16 + 17 * 12 + 13 * 10;
    assertEquals(all, number(json.get("before"), "weights"));
    double fraction = number(json, "pruned_fraction");
    assertEquals(all * (1 - fraction), number(json.get("after"), "weights"), 1e-9);
    assertTrue(fraction > 0, "something was pruned");
    List<?> layers = (List<?>) json.get("layers");
    double kept = number(layers.get(0), "kept") + number(layers.get(1), "kept");
    assertEquals(28 * (1 - number(json, "pruned_structures_fraction")), kept, 1e-9);
    assertEquals(18, ((List<?>) json.get("epochs")).size());

    Path posterior = folder.resolve("out").resolve(ResultFiles.POSTERIOR);
    int keptInFile = 0;
    try (SafetensorsReader reader = SafetensorsReader.open(posterior)) {
      assertEquals(List.of(16L, 64L), reader.entry("layer1.weight").shape());
      for (String layer : List.of("layer1", "layer2")) {
        long[] flags = reader.readLongs(layer + ".noise.kept");
        float[] means = reader.readFloats(layer + ".noise.mean");
        for (int i = 0; i < flags.length; i++) {
          assertEquals(flags[i] != 0, means[i] > 0);
          keptInFile += (int) flags[i];
        }
      }
    }
    assertEquals(kept, keptInFile);
    try (SafetensorsReader reader =
        SafetensorsReader.open(folder.resolve("out").resolve(ResultFiles.CERTIFICATE))) {
      double threshold = Double.parseDouble(reader.metadata().get("threshold"));
      assertEquals(-0.918938533204673, threshold, 1e-12);
      float[] scores = reader.readFloats("layer1.noise.score");
      long[] flags = reader.readLongs("layer1.noise.kept");
      for (int i = 0; i < scores.length; i++) {
        assertEquals(scores[i] < threshold, flags[i] != 0);
      }
    }
    assertTrue(Files.isRegularFile(folder.resolve("out").resolve(ResultFiles.RESULT)));

    Map<?, ?> compact = (Map<?, ?>) json.get("compact");
    assertEquals(all, number(compact.get("before"), "parameters"));
    double left = number(compact.get("after"), "parameters");
    assertEquals(number(json.get("after"), "weights"), left, 1e-9);
    assertEquals(2, ((List<?>) compact.get("latency")).size());
    int first = (int) number(layers.get(0), "kept");
    int second = (int) number(layers.get(1), "kept");
    Network small = Networks.mlp(Shape.of(64), new int[] {first, second}, 10, UnaryFunction.TANH);
    assertEquals(left, small.parameterCount());
    assertEquals(
        small,
        PretrainedWeights.read(folder.resolve("out").resolve(ResultFiles.COMPACT), small)
            .network());
  }

  /** 8×8 digits become 32×32; drawn once for a batch, by the tempered bound. */
  @Test
  void lenetLosesFiltersToo() {
    Console console =
        Console.run(
            "prune --method bmrs --network lenet --epochs 2 --fine-tune 1 --learning-rate 2e-2"
                .concat(" --granularity structure --drawing training --divergence-factor 150")
                .concat(" --divergence evidence-lower-bound --rule snr --json --quiet --out ")
                .concat(folder.resolve("lenet").toString())
                .split(" ", -1));
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals("lenet5", json.get("network"));
    Map<?, ?> config = (Map<?, ?>) json.get("config");
    assertEquals("relu", config.get("activation"));
    assertEquals("structure", config.get("granularity"));
    assertEquals("training", config.get("drawing"));
    assertEquals(150.0, config.get("divergence_factor"));
    assertEquals(61_706, number(((Map<?, ?>) json.get("compact")).get("before"), "parameters"));
    assertEquals(
        List.of("layer1", "layer2", "layer3", "layer4"),
        ((List<?>) json.get("layers"))
            .stream().map(layer -> ((Map<?, ?>) layer).get("name")).toList());
  }

  @Test
  void aNetworkThatLetsNothingThroughIsPredictedAndNamed() {
    Console console = prune("--rule", "snr", "--divergence-factor", "1000", "--json");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals(1.0, json.get("pruned_structures_fraction"));
    assertTrue(number(json.get("after"), "accuracy") < 0.2, "a constant answer");
    assertTrue(console.err().contains("All structures of layer1 have left"), console.err());
    assertTrue(json.get("warnings").toString().contains("layer2"), json.toString());
    // A unit stays in each layer, for a layer cannot have none.
    assertEquals(
        64 + 1 + 2 + 20, number(((Map<?, ?>) json.get("compact")).get("after"), "parameters"));
  }

  @Test
  void theReportSaysWhatWasRemoved() {
    Console console = prune("--rule", "snr", "--divergence", "mean", "--prune-every", "0");
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("of the structures"), console.out());
    assertTrue(console.out().contains("layer2"), console.out());
    assertTrue(console.err().contains("rule snr"), console.err());
    assertTrue(console.err().contains("epoch 18 of 18"), console.err());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rule evidence",
        "--rounds 3",
        "--samples 5",
        "--epochs 1.5",
        "--batch 1400",
        "--kl analytic",
        "--fine-tune -1",
        "--divergence-factor -1",
        "--learning-rate 0"
      })
  void refusesWhatDoesNotBelongToIt(String options) {
    List<String> arguments = new ArrayList<>(List.of("prune", "--method", "bmrs"));
    arguments.addAll(List.of("--out", folder.resolve("none").toString()));
    arguments.addAll(List.of(options.split(" ", -1)));
    refused(arguments, options.substring(0, options.indexOf(' ')));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "--rule snr",
        "--prune-every 2",
        "--fine-tune 3",
        "--divergence mean",
        "--granularity element"
      })
  void theOtherMethodRefusesItsOptions(String options) {
    List<String> arguments = new ArrayList<>(List.of("prune"));
    arguments.addAll(List.of("--out", folder.resolve("none").toString()));
    arguments.addAll(List.of(options.split(" ", -1)));
    refused(arguments, options.substring(0, options.indexOf(' ')));
  }

  private void refused(List<String> arguments, String option) {
    Console console = Console.run(arguments.toArray(String[]::new));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(option), console.err());
    assertEquals("", console.out());
    assertFalse(Files.exists(folder.resolve("none")));
  }
}
