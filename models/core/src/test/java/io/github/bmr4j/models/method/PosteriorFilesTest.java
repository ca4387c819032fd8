package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.CertificateCheck;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short run on the digits, saved and loaded again. */
class PosteriorFilesTest {

  private static final int SAMPLES = 3;

  @TempDir private static Path folder;

  private static Backend backend;
  private static Network network;
  private static Dataset test;
  private static StochasticBmr run;
  private static StochasticBmr.Result result;
  private static Path posterior;

  @BeforeAll
  static void trainAndSave() throws IOException {
    backend = Backends.open();
    Split raw = Digits.split(0);
    Standardization standardization = Standardization.perChannel(raw.train());
    Dataset train = standardization.apply(raw.train());
    test = standardization.apply(raw.test());
    network = Networks.mlp(Shape.of(1, 8, 8), new int[] {14, 9}, 10, UnaryFunction.SWISH);
    StochasticBmr.Config published = StochasticBmr.Config.PUBLISHED;
    StochasticBmr.Config config =
        new StochasticBmr.Config(
            published.model(),
            100,
            100,
            0,
            2,
            30,
            published.optimizer(),
            published.learningRate(),
            published.divergence(),
            published.reparameterization(),
            AdaptiveSpikeAndSlab.PUBLISHED,
            SAMPLES,
            1,
            0,
            5);
    run = new StochasticBmr(backend, network, train, test, config, StochasticBmr.Listener.NONE);
    result = run.run();
    posterior = folder.resolve("posterior.safetensors");
    PosteriorFiles.save(
        posterior, backend, (FlatModel) run.model(), Map.of("note", "from the test"));
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static FlatModel other(long seed) {
    return new FlatModel(backend, network, FlatModel.Config.PUBLISHED, seed);
  }

  /** All logits of all draws. */
  private static float[] logits(FlatModel model) {
    List<float[]> pieces = new ArrayList<>();
    new Prediction(backend, model, 128)
        .predict(
            test,
            SAMPLES,
            (logits, offset, rows) ->
                pieces.add(Arrays.copyOfRange(logits, offset, offset + rows * 10)));
    float[] all = new float[pieces.stream().mapToInt(piece -> piece.length).sum()];
    int at = 0;
    for (float[] piece : pieces) {
      System.arraycopy(piece, 0, all, at, piece.length);
      at += piece.length;
    }
    return all;
  }

  @Test
  void predictionsOfTheLoadedModelAreBitIdentical() throws IOException {
    assertTrue(result.prunedFraction() > 0, "some weights must be out, so that masks matter");
    FlatModel loaded = other(5);
    float[] expected = logits((FlatModel) run.model());
    assertFalse(Arrays.equals(expected, logits(loaded)), "before loading it is another model");
    Map<String, String> metadata = PosteriorFiles.load(posterior, backend, loaded);
    assertEquals("from the test", metadata.get("note"));
    assertArrayEquals(expected, logits(loaded));
    assertEquals(run.model().klDivergence(), loaded.klDivergence(), "and so is the divergence");
  }

  /** Where weights depend on each other, that is in the file; and another form is refused. */
  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void correlationsAreKept(Latent.Posterior form) throws IOException {
    FlatModel.Config config = FlatModel.Config.PUBLISHED.withPosterior(form);
    FlatModel model = new FlatModel(backend, network, config, 8);
    for (FlatModel.Block block : model.blocks()) {
      Slice factor = block.weights().correlation().factor();
      for (int i = 0; i < factor.length(); i++) {
        factor.set(i, (i % 7 - 3) * 0.1f);
      }
      backend.memory().push(factor);
    }
    Path file = folder.resolve(form.title() + ".safetensors");
    PosteriorFiles.save(file, backend, model, Map.of());
    FlatModel loaded = new FlatModel(backend, network, config, 8);
    float[] expected = logits(model);
    assertFalse(Arrays.equals(expected, logits(loaded)), "before loading it is another model");
    Map<String, String> metadata = PosteriorFiles.load(file, backend, loaded);
    assertEquals(form, PosteriorFiles.form(file, metadata));
    assertArrayEquals(expected, logits(loaded));
    String message =
        assertThrows(InvalidFileException.class, () -> PosteriorFiles.load(file, backend, other(5)))
            .getMessage();
    assertTrue(message.contains("form is " + form.title() + " in the file"), message);
  }

  @Test
  void savingTheLoadedModelGivesTheSameBytes() throws IOException {
    FlatModel loaded = other(5);
    PosteriorFiles.load(posterior, backend, loaded);
    Path again = folder.resolve("again.safetensors");
    PosteriorFiles.save(again, backend, loaded, Map.of("note", "from the test"));
    assertArrayEquals(Files.readAllBytes(posterior), Files.readAllBytes(again));
  }

  /**
   * The plain weights in the file are a network by themselves: run by loops in double, they give
   * what the model gives at its posterior mean. Tolerance: float rounding of sums of 65 terms.
   */
  @Test
  void plainWeightsAreTheNetworkAtThePosteriorMean() throws IOException {
    float[] row = new float[64];
    test.copyFeatures(0, 1, row, 0);
    double[] activations = new double[64];
    Arrays.setAll(activations, i -> row[i]);
    try (SafetensorsReader reader = SafetensorsReader.open(posterior)) {
      for (int layer = 1; layer <= 3; layer++) {
        float[] weight = reader.readFloats("layer" + layer + ".weight");
        float[] bias = reader.readFloats("layer" + layer + ".bias");
        double[] next = new double[bias.length];
        for (int i = 0; i < bias.length; i++) {
          next[i] = bias[i];
          for (int j = 0; j < activations.length; j++) {
            next[i] += weight[i * activations.length + j] * activations[j];
          }
          next[i] = layer < 3 ? next[i] / (1 + Math.exp(-next[i])) : next[i];
        }
        activations = next;
      }
    }
    float[] logits = atPosteriorMean(row);
    for (int i = 0; i < 10; i++) {
      assertEquals(activations[i], logits[i], 1e-4 * (1 + Math.abs(logits[i])), "logit " + i);
    }
  }

  private static float[] atPosteriorMean(float[] row) {
    Input x = new Input(network.batchShape(1));
    Node logits = network.forward(x, run.model().draws());
    Graph graph = Graph.forInference(backend, logits);
    x.value().slice().copyFrom(row, 0);
    x.push();
    run.model().sampling().posteriorMean();
    graph.forward();
    backend.memory().pull(logits.value().slice());
    return logits.value().slice().toArray();
  }

  @Test
  void masksSayWhatWasPruned() throws IOException {
    long kept = 0;
    try (SafetensorsReader reader = SafetensorsReader.open(posterior)) {
      for (int layer = 1; layer <= 3; layer++) {
        for (String part : List.of(".weight", ".bias")) {
          boolean[] mask = reader.readBooleans("layer" + layer + part + ".mask");
          float[] plain = reader.readFloats("layer" + layer + part);
          for (int i = 0; i < mask.length; i++) {
            kept += mask[i] ? 1 : 0;
            assertTrue(mask[i] || plain[i] == 0, "a pruned weight is 0");
          }
        }
      }
    }
    assertEquals(result.reduction().kept(), kept);
  }

  @Test
  void aModelOfAnotherShapeIsRefusedAndStaysAsItWas() {
    Network wider = Networks.mlp(Shape.of(1, 8, 8), new int[] {14, 8}, 10, UnaryFunction.SWISH);
    FlatModel model = new FlatModel(backend, wider, FlatModel.Config.PUBLISHED, 5);
    float[] before = logits(model);
    InvalidFileException refused =
        assertThrows(
            InvalidFileException.class, () -> PosteriorFiles.load(posterior, backend, model));
    assertTrue(refused.getMessage().contains("layer2.weight"), refused.getMessage());
    assertTrue(refused.getMessage().contains("[9, 14]"), refused.getMessage());
    assertTrue(refused.getMessage().contains("[8, 14]"), refused.getMessage());
    assertArrayEquals(before, logits(model), "the first layer was not taken over either");
  }

  @Test
  void aModelOfAnotherPriorIsRefused() {
    FlatModel.Config p = FlatModel.Config.PUBLISHED;
    FlatModel.Config config =
        new FlatModel.Config(
            p.scaleShape(),
            p.scaleRate(),
            0.5,
            p.lastFactor(),
            p.initialRange(),
            p.initialDeviation(),
            p.posterior());
    FlatModel model = new FlatModel(backend, network, config, 5);
    InvalidFileException refused =
        assertThrows(
            InvalidFileException.class, () -> PosteriorFiles.load(posterior, backend, model));
    assertTrue(refused.getMessage().contains("layer1.factor is 0.1"), refused.getMessage());
    assertTrue(refused.getMessage().contains("0.5"), refused.getMessage());
  }

  @Test
  void aCertificateIsNoPosterior() throws IOException {
    Path certificate = folder.resolve("certificate.safetensors");
    CertificateFiles.save(certificate, result.reduction(), Map.of());
    FlatModel model = other(5);
    InvalidFileException refused =
        assertThrows(
            InvalidFileException.class, () -> PosteriorFiles.load(certificate, backend, model));
    assertTrue(refused.getMessage().contains("format"), refused.getMessage());
  }

  /**
   * Each ΔF of a certificate can be had again from its mean and standard deviation, by the
   * Savage–Dickey form in double: ½ ln(v/σ²) − μ²/(2σ²). Tolerance: 1e-4, relative or absolute.
   */
  @Test
  void aCertificateCanBeCheckedAgain() throws IOException {
    Path file = folder.resolve("checked.safetensors");
    CertificateFiles.save(file, result.reduction(), Map.of("note", "yes"));
    CertificateFiles.Certificate certificate = CertificateFiles.load(file);
    assertEquals("yes", certificate.metadata().get("note"));
    assertEquals("adaptive", certificate.metadata().get("rule"));
    assertEquals(result.reduction().history(), certificate.rounds());
    assertEquals(Optional.empty(), new CertificateCheck(certificate).firstDifference());
    long removed = 0;
    double predicted = 0;
    for (int l = 0; l < certificate.layers().size(); l++) {
      ModelReduction.Decisions layer = certificate.layers().get(l);
      ModelReduction.Decisions original = result.reduction().decisions().get(l);
      assertArrayEquals(original.reason(), layer.reason());
      assertArrayEquals(original.round(), layer.round());
      assertArrayEquals(original.deltaF(), layer.deltaF());
      double v = 1;
      for (int i = 0; i < layer.reason().length; i++) {
        double sigma = layer.deviation()[i];
        double mean = layer.mean()[i];
        double deltaF = 0.5 * Math.log(v / (sigma * sigma)) - mean * mean / (2 * sigma * sigma);
        assertEquals(deltaF, layer.deltaF()[i], 1e-4 * Math.max(1, Math.abs(deltaF)));
        if (layer.reason()[i] != ModelReduction.Reason.KEPT.code()) {
          removed++;
          predicted += layer.deltaF()[i];
          assertTrue(layer.round()[i] >= 1 && layer.round()[i] <= 2);
        } else {
          assertEquals(0, layer.round()[i]);
        }
      }
    }
    assertEquals(result.reduction().total() - result.reduction().kept(), removed);
    assertTrue(removed > 0);
    assertEquals(result.predicted(), predicted, 1e-6 * Math.abs(predicted));
  }

  /** The state dictionary of a model with scales in between is what the network computes with. */
  @Test
  void weightsOfOtherModelsAreTheirMeans() throws IOException {
    HorseshoeModel model = new HorseshoeModel(backend, network, HorseshoeModel.Config.PUBLISHED, 7);
    Path file = folder.resolve("weights.safetensors");
    PosteriorFiles.saveWeights(file, backend, model, Map.of("note", "x"));
    ParameterBlock first = network.parameters().get(0);
    Node expected = model.draws().weights(first);
    Graph graph = Graph.forInference(backend, expected);
    model.sampling().posteriorMean();
    graph.forward();
    backend.memory().pull(expected.value().slice());
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      assertEquals(PosteriorFiles.WEIGHTS_FORMAT, reader.metadata().get("format"));
      assertEquals("x", reader.metadata().get("note"));
      float[] weights = reader.readFloats(first.layer() + ".weight");
      float[] biases = reader.readFloats(first.layer() + ".bias");
      assertEquals(first.rows() * first.columns(), weights.length);
      for (int i = 0; i < first.size(); i++) {
        float value = i < weights.length ? weights[i] : biases[i - weights.length];
        assertEquals(expected.value().slice().get(i), value);
      }
    }
  }
}
