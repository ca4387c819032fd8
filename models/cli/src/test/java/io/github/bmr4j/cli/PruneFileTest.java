package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.io.NpzReader;
import io.github.bmr4j.models.io.NpzWriter;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code bmr prune FILE}. */
class PruneFileTest {

  @TempDir private Path folder;
  private Path posterior;

  /** With the prior N(0, 1), ΔF of the four weights is 2.3, −47.7, 0.2, −4.3. */
  @BeforeEach
  void write() throws IOException {
    posterior = folder.resolve("posterior.safetensors");
    new SafetensorsWriter()
        .floats("fc.weight.mean", new int[] {2, 2}, new float[] {0.01f, 1f, 0.5f, 2f})
        .floats("fc.weight.std", new int[] {2, 2}, new float[] {0.1f, 0.1f, 0.5f, 0.6f})
        .floats("fc.bias.mean", new int[] {1}, new float[] {0})
        .floats("fc.bias.std", new int[] {1}, new float[] {0.5f})
        .longs("epoch", new int[0], new long[] {3})
        .write(posterior);
  }

  private Console prune(String... more) {
    List<String> arguments = new ArrayList<>(List.of("prune", posterior.toString(), "--out"));
    arguments.add(folder.resolve("out").toString());
    arguments.addAll(Arrays.asList(more));
    return Console.run(arguments.toArray(String[]::new));
  }

  private SafetensorsReader pruned() throws IOException {
    return SafetensorsReader.open(folder.resolve("out").resolve("pruned.safetensors"));
  }

  @Test
  void writesWeightsMaskAndCertificate() throws IOException {
    Console console = prune("--prior-std", "1", "--keep", "*.bias", "--json");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> json = (Map<?, ?>) Json.parse(console.out(), "standard output");
    assertEquals(4L, json.get("weights"));
    assertEquals(2L, json.get("weights_after"));
    assertEquals(0.5, json.get("pruned_fraction"));
    double predicted =
        Math.log(10) - 0.5 * 0.01 + Math.log(2) - 0.5; // ½ ln(1/σ²) − μ²/(2σ²) of both
    assertEquals(predicted, ((Number) json.get("delta_f_predicted")).doubleValue(), 1e-5);
    try (SafetensorsReader reader = pruned()) {
      assertArrayEquals(new float[] {0, 1, 0, 2}, reader.readFloats("fc.weight"));
      assertArrayEquals(
          new boolean[] {false, true, false, true}, reader.readBooleans("fc.weight.mask"));
      assertArrayEquals(new float[] {0.5f}, reader.readFloats("fc.bias.std"), "kept as it was");
      assertArrayEquals(new long[] {3}, reader.readLongs("epoch"));
    }
    Map<?, ?> certificate =
        (Map<?, ?>)
            Json.parse(
                Files.readString(folder.resolve("out").resolve("certificate.json")), "certificate");
    assertEquals(Sha256.of(posterior), certificate.get("posterior_sha256"));
    assertEquals(json.get("tensors"), certificate.get("tensors"));
  }

  @Test
  void theTableSaysWhatBecameOfEachTensor() {
    Console console = prune("--prior-std", "1", "--target", "0.8");
    assertEquals(0, console.code(), console.toString());
    assertTrue(console.out().contains("fc.weight  2 x 2        4     1  25.0 %"), console.out());
    assertTrue(
        console.out().lines().anyMatch(l -> l.startsWith("all") && l.contains(" 1  20.0 %")));
  }

  @Test
  void ivonBringsItsOwnPrior() throws IOException {
    double ess = 1000;
    double decay = 1e-3;
    new SafetensorsWriter()
        .floats("w.mean", new int[] {2}, new float[] {0.001f, 0.4f})
        .floats("w.hess", new int[] {2}, new float[] {0.099f, 0.099f})
        .write(posterior);
    Console console =
        prune("--spread-kind", "ivon", "--ess", "1000", "--weight-decay", "1e-3", "--json");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> tensor =
        (Map<?, ?>)
            ((List<?>) ((Map<?, ?>) Json.parse(console.out(), "out")).get("tensors")).get(0);
    assertEquals(1 / (ess * decay), ((Number) tensor.get("prior_variance")).doubleValue(), 1e-12);
    // ½ ln(π/π₀) − π μ²/2 with π = ess (h + decay), π₀ = ess decay.
    double expected = 0.5 * Math.log(100) - 0.5 * 100 * 1e-6;
    assertEquals(expected, ((Number) tensor.get("delta_f_predicted")).doubleValue(), 1e-5);
    assertEquals(1L, tensor.get("weights_after"));
  }

  @Test
  void anNpzFileGivesAnNpzFile() throws IOException {
    posterior = folder.resolve("posterior.npz");
    new NpzWriter()
        .floats("w.mean", new int[] {3}, new float[] {0.01f, 1f, 0.5f})
        .floats("w.std", new int[] {3}, new float[] {0.1f, 0.1f, 0.5f})
        .write(posterior);
    Console console = prune("--prior-std", "1");
    assertEquals(0, console.code(), console.toString());
    try (NpzReader reader = NpzReader.open(folder.resolve("out").resolve("pruned.npz"))) {
      assertArrayEquals(new float[] {0, 1, 0}, reader.readFloats("w"));
      assertArrayEquals(new boolean[] {false, true, false}, reader.readBooleans("w.mask"));
    }
  }

  /** What {@code bmr prune} writes can be pruned again, from where it was. */
  @Test
  void ourOwnPosteriorsAreRead() throws IOException {
    Path first = folder.resolve("first");
    Console trained =
        Console.run(
            "prune",
            "--hidden",
            "12",
            "--warm-up",
            "200",
            "--rounds",
            "1",
            "--iterations",
            "20",
            "--samples",
            "2",
            "--out",
            first.toString(),
            "--json");
    assertEquals(0, trained.code(), trained.toString());
    posterior = first.resolve("posterior.safetensors");
    Console console = prune("--json");
    assertEquals(0, console.code(), console.toString());
    Map<?, ?> before = (Map<?, ?>) Json.parse(trained.out(), "first");
    Map<?, ?> after = (Map<?, ?>) Json.parse(console.out(), "second");
    assertEquals(((Map<?, ?>) before.get("after")).get("weights"), after.get("weights_before"));
    try (SafetensorsReader old = SafetensorsReader.open(posterior);
        SafetensorsReader reader = pruned()) {
      float[] values = old.readFloats("layer1.weight");
      float[] kept = reader.readFloats("layer1.weight");
      boolean[] mask = reader.readBooleans("layer1.weight.mask");
      for (int i = 0; i < values.length; i++) {
        assertEquals(mask[i] ? values[i] : 0, kept[i]);
      }
      assertTrue(reader.contains("layer1.scale.mean"), "scales have no spike");
      assertFalse(reader.contains("layer1.scale.mask"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--seed 3                                | --seed is about training, but",
        "--prior-std 0                           | --prior-std must be a positive number, but is 0",
        "--epochs 3 --prior-std 1                | --epochs is about training",
        "--prior-std 1 --mean mu                 | --mean: A pattern of tensor names needs exactly",
        "--prior-std 1 --target 2                | fraction to remove must be in [0, 1], but is 2.0",
        "--prior-std 1 --per-tensor              | --per-tensor belongs to --target",
        "--spread-kind ivon                      | --spread-kind ivon needs --ess and",
        "--spread-kind variances --prior-std 1   | there is no way to say how wide",
        "--prior-std 1 --mean *.mu               | found no tensor named as *.mu",
        "--prior-std 1 --spread *.rho            | but no \"fc.weight.rho\"",
        "--rule evidence                         | --prior-std is missing",
        "--prior-std 1 --ess 3                   | belong to --spread-kind ivon"
      })
  void mistakesAreNamed(String options, String message) {
    Console console = prune(options.strip().split(" +"));
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(message), console.err());
    assertFalse(Files.exists(folder.resolve("out")), "nothing is left behind");
  }

  @Test
  void optionsAboutAFileNeedOne() {
    Console console = Console.run("prune", "--prior-std", "1");
    assertEquals(2, console.code());
    assertTrue(console.err().contains("name its file too"), console.err());
  }

  @Test
  void aMissingFileIsNamed() {
    posterior = folder.resolve("nowhere.safetensors");
    Console console = prune("--prior-std", "1");
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("nowhere.safetensors"), console.err());
  }

  @Test
  void theInputIsNeverReplaced() throws IOException {
    Path same = folder.resolve("out").resolve("pruned.safetensors");
    Files.createDirectory(folder.resolve("out"));
    Files.copy(posterior, same);
    posterior = same;
    byte[] before = Files.readAllBytes(same);
    Console console = prune("--prior-std", "1");
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains("would replace"), console.err());
    assertArrayEquals(before, Files.readAllBytes(same));
  }
}
