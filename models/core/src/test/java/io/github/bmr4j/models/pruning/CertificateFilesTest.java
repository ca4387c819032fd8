package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.TensorEntry;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.CertificateFiles.Certificate;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is what is read; a file with one thing changed is refused, or found out. */
class CertificateFilesTest {

  private static final String ROUND =
      "{\"thresholds\":[0.25,0.25],\"prior_variances\":[1,4],\"removed_by_evidence\":1,"
          + "\"removed_as_dead\":0,\"delta_f_predicted\":2.5}";

  @TempDir Path folder;

  private Backend backend;
  private Path file;

  @BeforeEach
  void open() {
    backend = Backends.open(1);
    file = folder.resolve("certificate.safetensors");
  }

  @AfterEach
  void close() {
    backend.close();
  }

  private static void assertSame(ModelReduction reduction, Certificate read) {
    assertEquals(reduction.history(), read.rounds());
    assertEquals(reduction.decisions().size(), read.layers().size());
    for (int l = 0; l < read.layers().size(); l++) {
      Decisions expected = reduction.decisions().get(l);
      Decisions found = read.layers().get(l);
      assertEquals(expected.block(), found.block());
      assertArrayEquals(expected.reason(), found.reason());
      assertArrayEquals(expected.round(), found.round());
      assertArrayEquals(expected.mean(), found.mean());
      assertArrayEquals(expected.deviation(), found.deviation());
      assertArrayEquals(expected.deltaF(), found.deltaF());
      assertEquals(expected.kept(), found.kept());
    }
  }

  @Test
  void allIsReadAsItWasWritten() throws IOException {
    ModelReduction reduction = Certificates.twoRounds(backend);
    CertificateFiles.save(file, reduction, Map.of("data", "none", "seed", "3"));
    Certificate read = CertificateFiles.load(file);
    assertSame(reduction, read);
    assertEquals(2, reduction.rounds());
    assertTrue(read.comparesEvidence());
    assertTrue(read.addsEvidence());
    assertTrue(read.chained());
    assertTrue(read.zeroAtZero());
    assertEquals("bmr4j-certificate-1", read.metadata().get("format"));
    assertEquals("evidence", read.metadata().get("rule"));
    assertEquals("spike at 0", read.metadata().get("reduced_prior"));
    assertEquals("none", read.metadata().get("data"));
    assertEquals("3", read.metadata().get("seed"));
    assertEquals(Optional.empty(), new CertificateCheck(read).firstDifference());
  }

  /** A rule by magnitude, a layer that it leaves alone, no chain, no activation with 0 at 0. */
  @Test
  void theOtherValueOfEachFlag() throws IOException {
    PruningRule rule =
        new PruningRule() {
          @Override
          public List<Double> prune(List<LayerEvidence> layers) {
            assertEquals(1, layers.size());
            layers.get(0).active()[0] = false;
            return List.of(0.5);
          }

          @Override
          public String name() {
            return "first";
          }
        };
    ModelReduction reduction = Certificates.twoRounds(backend, rule, false, false, false);
    CertificateFiles.save(file, reduction, Map.of());
    Certificate read = CertificateFiles.load(file);
    assertSame(reduction, read);
    assertFalse(read.comparesEvidence());
    assertTrue(read.addsEvidence());
    assertFalse(read.chained());
    assertFalse(read.zeroAtZero());
    assertEquals("first", read.metadata().get("rule"));
    assertEquals(List.of(0.5, Double.NaN), read.rounds().get(0).thresholds());
    assertTrue(
        read.metadata().get("rounds").startsWith("[{\"thresholds\":[0.5,null]"),
        read.metadata().get("rounds"));
    assertEquals(Optional.empty(), new CertificateCheck(read).firstDifference());
  }

  /** Whether ΔF add up is not in files from before weights could depend on each other. */
  @Test
  void withoutSayingSoEvidenceAddsUp() throws IOException {
    save();
    rewrite(metadata -> metadata.remove("adds_evidence"), Set.of(), writer -> {});
    assertTrue(CertificateFiles.load(file).addsEvidence());
    rewrite(metadata -> metadata.put("adds_evidence", "false"), Set.of(), writer -> {});
    assertFalse(CertificateFiles.load(file).addsEvidence());
  }

  @Test
  void aConvolutionWithoutBias() throws IOException {
    MeanFieldNormal weights = new MeanFieldNormal(backend, "conv", 0, 12, 1, new Sampling(0));
    weights.initialize(0, 0.1);
    ModelReduction reduction =
        new ModelReduction(
            backend,
            List.of(
                new ModelReduction.Layer(
                    new ParameterBlock("conv", Shape.of(2, 1, 2, 3), false), weights, true)),
            new EvidenceThreshold(Certificates.THRESHOLD),
            false,
            true);
    reduction.prune();
    CertificateFiles.save(file, reduction, Map.of());
    Certificate read = CertificateFiles.load(file);
    assertSame(reduction, read);
    read.layers().get(0).deltaF()[8] = 0;
    String difference = new CertificateCheck(read).firstDifference().orElse("");
    assertTrue(
        difference.startsWith("conv.weight[1, 2] (round 1) has dF = 0.0 in the certificate"),
        difference);
  }

  @Test
  void aReservedKeyIsRefused() {
    ModelReduction reduction = Certificates.twoRounds(backend);
    assertThrows(
        IllegalArgumentException.class,
        () -> CertificateFiles.save(file, reduction, Map.of("rule", "mine")));
    assertTrue(Files.notExists(file));
  }

  private void save() throws IOException {
    CertificateFiles.save(file, Certificates.twoRounds(backend), Map.of());
  }

  /** Writes the file again, without some tensors, and with other metadata and tensors. */
  private void rewrite(
      Consumer<Map<String, String>> metadata, Set<String> without, Consumer<SafetensorsWriter> with)
      throws IOException {
    SafetensorsWriter writer = new SafetensorsWriter();
    Path changed = folder.resolve("changed.safetensors");
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      Map<String, String> entries = new HashMap<>(reader.metadata());
      metadata.accept(entries);
      entries.forEach(writer::metadata);
      for (TensorEntry tensor : reader.tensors()) {
        if (!without.contains(tensor.name())) {
          writer.copy(tensor, reader);
        }
      }
      with.accept(writer);
      writer.write(changed);
    }
    Files.move(changed, file, StandardCopyOption.REPLACE_EXISTING);
  }

  private void assertRefused(String problem) {
    InvalidFileException refused =
        assertThrows(InvalidFileException.class, () -> CertificateFiles.load(file));
    assertTrue(
        refused.getMessage().startsWith(file + ": " + problem),
        () -> refused.getMessage() + "\n    but expected: " + problem);
  }

  @Test
  void anotherFormat() throws IOException {
    save();
    rewrite(metadata -> metadata.put("format", "bmr4j-certificate-2"), Set.of(), writer -> {});
    assertRefused("format is bmr4j-certificate-2 in the file, expected bmr4j-certificate-1");
    rewrite(metadata -> metadata.remove("format"), Set.of(), writer -> {});
    assertRefused("format is null in the file, expected bmr4j-certificate-1");
  }

  @ParameterizedTest
  @ValueSource(strings = {"layers", "rounds"})
  void aListThatIsNone(String key) throws IOException {
    save();
    rewrite(metadata -> metadata.put(key, "{\"a\":1}"), Set.of(), writer -> {});
    assertRefused("the metadata has " + key + " = {\"a\":1}, expected a JSON array");
    rewrite(metadata -> metadata.remove(key), Set.of(), writer -> {});
    assertRefused("the metadata has " + key + " = null, expected a JSON array");
    rewrite(metadata -> metadata.put(key, "[1"), Set.of(), writer -> {});
    String message =
        assertThrows(InvalidFileException.class, () -> CertificateFiles.load(file)).getMessage();
    assertTrue(message.startsWith(file + ", metadata " + key), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "thresholds":[0.25,0.25] | "thresholds":[0.25]
          "thresholds":[0.25,0.25] | "thresholds":0.25
          "thresholds":[0.25,0.25] | "threshold":[0.25,0.25]
          "prior_variances":[1,4] | "prior_variances":[1,4,4]
          "prior_variances":[1,4] | "prior_variances":{}
          "removed_by_evidence":1 | "removed_by_evidence":1.5
          "removed_by_evidence":1 | "removed_by_evidence":null
          "removed_as_dead":0 | "removed_as_dead":"0"
          "delta_f_predicted":2.5 | "delta_f_predicted":null
          """)
  void aRoundThatLacksSomething(String right, String wrong) throws IOException {
    save();
    String rounds = "[" + ROUND + "," + ROUND.replace(right, wrong) + "]";
    assertFalse(rounds.equals("[" + ROUND + "," + ROUND + "]"));
    rewrite(metadata -> metadata.put("rounds", rounds), Set.of(), writer -> {});
    assertRefused("the metadata has {");
    String message =
        assertThrows(InvalidFileException.class, () -> CertificateFiles.load(file)).getMessage();
    assertTrue(
        message.endsWith(
            "} as round 2, expected counts, the predicted change, and a threshold and a prior's"
                + " variance for each of 2 layers"),
        message);
  }

  @Test
  void aRoundThatIsNoObject() throws IOException {
    save();
    rewrite(metadata -> metadata.put("rounds", "[7]"), Set.of(), writer -> {});
    assertRefused("the metadata has 7 as round 1, expected counts");
  }

  /** A round that is whole is read, but what it claims is found to be wrong. */
  @Test
  void aRoundThatIsMadeUp() throws IOException {
    save();
    rewrite(metadata -> metadata.put("rounds", "[" + ROUND + "]"), Set.of(), writer -> {});
    assertEquals(
        Optional.of("layer1.weight[0, 0] (round 2) left in round 2, but there were 1"),
        new CertificateCheck(CertificateFiles.load(file)).firstDifference());
  }

  @Test
  void aLayerThatIsNotThere() throws IOException {
    save();
    rewrite(
        metadata -> metadata.put("layers", "[\"layer1\",\"layer2\",\"layer3\"]"),
        Set.of(),
        writer -> {});
    assertRefused("found no tensor \"layer3.weight.reason\"");
  }

  /** A layer that is left out leaves rounds with too many thresholds. */
  @Test
  void aLayerThatIsLeftOut() throws IOException {
    save();
    rewrite(metadata -> metadata.put("layers", "[\"layer1\"]"), Set.of(), writer -> {});
    assertRefused("the metadata has {");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "weight.round",
        "weight.mean",
        "weight.std",
        "weight.delta_f",
        "bias.round",
        "bias.mean",
        "bias.std",
        "bias.delta_f"
      })
  void aTensorThatIsMissing(String tensor) throws IOException {
    save();
    rewrite(metadata -> {}, Set.of("layer1." + tensor), writer -> {});
    assertRefused("found no tensor \"layer1." + tensor + "\"");
  }

  @ParameterizedTest
  @ValueSource(strings = {"mean", "std", "delta_f"})
  void aTensorOfAnotherShape(String what) throws IOException {
    save();
    rewrite(
        metadata -> {},
        Set.of("layer1.weight." + what),
        writer -> writer.floats("layer1.weight." + what, new int[] {3, 2}, new float[6]));
    assertRefused("layer1.weight." + what + " has the shape [3, 2], expected [2, 3]");
    save();
    rewrite(
        metadata -> {},
        Set.of("layer2.bias." + what),
        writer -> writer.floats("layer2.bias." + what, new int[] {3}, new float[3]));
    assertRefused("layer2.bias." + what + " has the shape [3], expected [2]");
  }

  @Test
  void reasonsAndRoundsOfAnotherShape() throws IOException {
    save();
    rewrite(
        metadata -> {},
        Set.of("layer1.weight.round"),
        writer -> writer.ints("layer1.weight.round", new int[] {6}, new int[6]));
    assertRefused("layer1.weight.round has the shape [6], expected [2, 3]");
    save();
    rewrite(
        metadata -> {},
        Set.of("layer2.bias.reason"),
        writer -> writer.bytes("layer2.bias.reason", new int[] {1}, new byte[1]));
    assertRefused("layer2.bias.reason has the shape [1], expected [2]");
    save();
    rewrite(
        metadata -> {},
        Set.of("layer1.weight.reason"),
        writer -> writer.bytes("layer1.weight.reason", new int[] {6}, new byte[6]));
    assertRefused("layer1.weight has 1 dimensions, expected at least 2");
  }

  @ParameterizedTest
  @ValueSource(ints = {3, 255})
  void aReasonThatIsNone(int reason) throws IOException {
    save();
    byte[] reasons = new byte[6];
    reasons[4] = (byte) reason;
    rewrite(
        metadata -> {},
        Set.of("layer1.weight.reason"),
        writer -> writer.bytes("layer1.weight.reason", new int[] {2, 3}, reasons));
    assertRefused("layer1.reason[4] is " + reason + ", expected 0 … 2");
    save();
    rewrite(
        metadata -> {},
        Set.of("layer1.bias.reason"),
        writer -> writer.bytes("layer1.bias.reason", new int[] {2}, new byte[] {2, (byte) reason}));
    assertRefused("layer1.reason[7] is " + reason + ", expected 0 … 2");
  }

  @Test
  void aRoundBeforeTheFirst() throws IOException {
    save();
    rewrite(
        metadata -> {},
        Set.of("layer2.bias.round"),
        writer -> writer.ints("layer2.bias.round", new int[] {2}, new int[] {0, -1}));
    assertRefused("layer2.round[5] is -1, expected 0 … 2147483646");
  }

  /** Each value of the file is one that the check sees. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          layer1.weight.mean | 2 | layer1.weight[0, 2] has dF
          layer1.weight.std | 3 | layer1.weight[1, 0] (round 1) has dF
          layer1.weight.delta_f | 0 | layer1.weight[0, 0] (round 2) has dF
          layer2.bias.mean | 0 | layer2.bias[0] has dF
          layer2.bias.std | 1 | layer2.bias[1] (round 1) has dF
          layer2.weight.delta_f | 3 | layer2.weight[1, 1] (round 1) has dF
          """)
  void anotherValueInTheFileIsFoundOut(String tensor, int i, String difference) throws IOException {
    save();
    float[] values;
    int[] shape;
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      values = reader.readFloats(tensor);
      shape = reader.entry(tensor).shape().stream().mapToInt(Math::toIntExact).toArray();
    }
    values[i] = values[i] * 1.5f + 0.1f;
    rewrite(metadata -> {}, Set.of(tensor), writer -> writer.floats(tensor, shape, values));
    String found = new CertificateCheck(CertificateFiles.load(file)).firstDifference().orElse("");
    assertTrue(found.startsWith(difference), found);
  }

  @Test
  void aCutFileIsRefused() throws IOException {
    save();
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 1));
    assertThrows(InvalidFileException.class, () -> CertificateFiles.load(file));
  }

  /** What was read does not change with what it was read from. */
  @Test
  void aCertificateKeepsItsLists() {
    Certificate certificate = Certificates.of(Certificates.twoRounds(backend));
    assertThrows(UnsupportedOperationException.class, () -> certificate.rounds().clear());
    assertThrows(UnsupportedOperationException.class, () -> certificate.layers().clear());
  }
}
