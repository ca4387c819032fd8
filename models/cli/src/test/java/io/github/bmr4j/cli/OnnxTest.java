package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import io.github.bmr4j.cli.onnx.OnnxNetworks;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.engine.onnx.OnnxModel;
import io.github.bmr4j.engine.onnx.OnnxPrediction;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Padding;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetwork;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What {@code bmr export} writes, run by onnxruntime on raw features, gives what we predict. */
class OnnxTest {

  private static final float TOLERANCE = 1e-5f;
  private static final int CLASSES = 10;

  @TempDir private Path folder;

  private final Split digits = Digits.split(0);

  private static void assertClose(float[] expected, float[] actual) {
    assertEquals(expected.length, actual.length);
    for (int i = 0; i < expected.length; i++) {
      float tolerance = TOLERANCE * Math.max(1, Math.abs(expected[i]));
      assertEquals(expected[i], actual[i], tolerance, "output " + i);
    }
  }

  private void bmr(String line) {
    Console console = Console.run(line.replace("DIR", folder.toString()).split(" ", -1));
    assertEquals(0, console.code(), console.toString());
  }

  /** An output of a model for all test images, as they are in the data set. */
  private float[] run(String file, String output) throws Exception {
    return run(file, output, digits.test());
  }

  private float[] run(String file, String output, Dataset test) throws Exception {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession session = environment.createSession(folder.resolve(file).toString());
        OnnxTensor features =
            OnnxTensor.createTensor(
                environment, FloatBuffer.wrap(test.features()), new long[] {test.size(), 1, 8, 8});
        OrtSession.Result result = session.run(Map.of("features", features))) {
      float[][] rows = (float[][]) result.get(output).orElseThrow().getValue();
      float[] all = new float[rows.length * CLASSES];
      for (int i = 0; i < rows.length; i++) {
        System.arraycopy(rows[i], 0, all, i * CLASSES, CLASSES);
      }
      assertClose(all, read(folder.resolve(file), test).get(output));
      return all;
    }
  }

  /** All outputs, by our own reader and the engine alone. */
  private static Map<String, float[]> read(Path file, Dataset test) throws IOException {
    try (Backend backend = Backends.open()) {
      OnnxPrediction prediction = new OnnxPrediction(backend, OnnxModel.read(file), 50);
      return prediction.predict(test.features(), test.size());
    }
  }

  /** Probabilities that {@code bmr predict} wrote. */
  private float[] predictions(String file) throws Exception {
    List<String> lines = Files.readAllLines(folder.resolve(file));
    List<Float> values = new ArrayList<>();
    for (String line : lines.subList(1, lines.size())) {
      Arrays.stream(line.split(",", -1)).skip(1).map(Float::parseFloat).forEach(values::add);
    }
    assertEquals(digits.test().size() * CLASSES, values.size());
    float[] all = new float[values.size()];
    for (int i = 0; i < all.length; i++) {
      all[i] = values.get(i);
    }
    return all;
  }

  @Test
  void aCompactNetworkGivesItsLogitsAndItsEnsembleTheMeanOfItsSamples() throws Exception {
    bmr(
        "prune --hidden 12,12 --warm-up 600 --rounds 10 --iterations 40 --learning-rate 2e-2"
            + " --rule evidence --samples 4 -q --out DIR/mlp");
    bmr("export DIR/mlp/compact.safetensors --out DIR/mean.onnx");
    bmr("export DIR/mlp/compact.safetensors --samples 10 --out DIR/ensemble.onnx");
    bmr("predict DIR/mlp/compact.safetensors --out DIR/compact.csv");

    Dataset test = Standardization.perChannel(digits.train()).apply(digits.test());
    float[] expected = new float[test.size() * CLASSES];
    try (Backend backend = Backends.open()) {
      CompactNetwork network =
          CompactFiles.load(folder.resolve("mlp").resolve("compact.safetensors"));
      assertTrue(network.selectedInputs().size() < 64, "some inputs are left out");
      new CompactPrediction(backend, network, test.size())
          .outputs(test.features(), test.size(), expected);
    }
    assertClose(expected, run("mean.onnx", "logits"));
    assertClose(predictions("compact.csv"), run("ensemble.onnx", "probabilities"));

    bmr("predict DIR/ensemble.onnx --out DIR/onnx.csv");
    assertClose(predictions("compact.csv"), predictions("onnx.csv"));
    Console compact = Console.run("evaluate", folder.resolve("mlp").toString());
    Console onnx = Console.run("evaluate", folder.resolve("ensemble.onnx").toString());
    assertEquals(0, onnx.code(), onnx.toString());
    assertEquals(compact.out(), onnx.out());
  }

  @Test
  void anOnnxFileThatCannotBeUsedSaysWhy() throws IOException {
    Path file = folder.resolve("other.onnx");
    OnnxGraph graph = new OnnxGraph();
    graph.output(graph.node("Relu", graph.input("x", 64)), "y", 64);
    Files.write(file, graph.toBytes("test", Map.of()));
    refused("has the outputs y and does not say what they are", "predict", file.toString());
    graph = new OnnxGraph();
    graph.output(graph.node("Hardmax", graph.input("x", 1, 8, 8)), "probabilities", 10);
    String classes = "[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]";
    Map<String, String> metadata = Map.of("classes", classes, "data", "digits");
    Files.write(file, graph.toBytes("test", metadata));
    refused("(Hardmax) is not read; read are", "evaluate", file.toString());
    refused("is an ONNX model already", "export", file.toString(), "--out", "DIR/a.npz");
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 20));
    refused("bytes, but only", "predict", file.toString());
  }

  private void refused(String message, String... line) {
    for (int i = 0; i < line.length; i++) {
      line[i] = line[i].replace("DIR", folder.toString());
    }
    Console console = Console.run(line);
    assertEquals(2, console.code(), console.toString());
    assertTrue(console.err().contains(message), console.err());
  }

  @Test
  void aPosteriorOfConvolutionsGivesTheMeanOverItsDraws() throws Exception {
    bmr(
        "prune --network lenet --warm-up 30 --rounds 1 --iterations 5 --samples 2 -q --out"
            + " DIR/lenet");
    bmr("export DIR/lenet/posterior.safetensors --samples 3 --out DIR/lenet.onnx");
    bmr("predict DIR/lenet/posterior.safetensors --samples 3 --out DIR/lenet.csv");
    assertClose(predictions("lenet.csv"), run("lenet.onnx", "probabilities"));
  }

  @ParameterizedTest
  @EnumSource(
      value = UnaryFunction.class,
      names = {"LOG", "SQRT"},
      mode = EnumSource.Mode.EXCLUDE)
  void everyActivationIsTheSameFunction(UnaryFunction activation) throws Exception {
    Network network = Networks.mlp(Shape.of(64), new int[] {12}, CLASSES, activation);
    Random random = new Random(7);
    Map<String, List<float[]>> weights = new HashMap<>();
    Map<String, float[]> set = new HashMap<>();
    for (ParameterBlock block : network.parameters()) {
      float[] values = new float[block.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (0.2 * random.nextGaussian());
      }
      weights.put(block.layer(), List.of(values));
      set.put(block.layer(), values);
    }
    OnnxNetworks.Preparation plain =
        new OnnxNetworks.Preparation(Shape.of(1, 8, 8), new double[] {5}, new double[] {6}, 8, 8);
    Network images =
        new Network(
            "mlp",
            Shape.of(1, 8, 8),
            Stream.concat(Stream.of(new Flatten()), network.layers().stream()).toList());
    byte[] model = OnnxNetworks.of(images, List.of(set), plain).toBytes("test", Map.of());
    Files.write(folder.resolve("a.onnx"), model);

    Dataset test = Standardization.of(new double[] {5}, new double[] {6}, 64).apply(digits.test());
    float[] expected = new float[test.size() * CLASSES];
    try (Backend backend = Backends.open()) {
      CompactNetwork compact = Compaction.of(backend, network, weights);
      new CompactPrediction(backend, compact, test.size())
          .outputs(test.features(), test.size(), expected);
    }
    assertClose(expected, run("a.onnx", "logits"));
  }

  /** Attention, normalisation over tokens, tokens of classes and positions, mixing of tokens. */
  @ParameterizedTest
  @ValueSource(strings = {"vit", "mixer"})
  void networksOfTokensGiveTheMeanOverTheirSetsOfWeights(String name) throws Exception {
    Network network =
        name.equals("vit") ? Networks.visionTransformer(1, CLASSES) : Networks.mlpMixer(1, CLASSES);
    assertSameAsOurs(network, Map.of(), 2);
  }

  @Test
  void batchNormalisationUsesItsRunningStatistics() throws Exception {
    Network network =
        new Network(
            "normalised",
            Shape.of(1, 32, 32),
            List.of(
                new Convolution("a", 1, 3, 5),
                new BatchNorm("b", 3),
                new Residual(new Activation(UnaryFunction.RELU)),
                new MaxPooling(4),
                new Flatten(),
                new Dense("c", 147, CLASSES)));
    assertSameAsOurs(
        network, Map.of("b" + PlainNetwork.RUNNING, new float[] {.1f, -.2f, 0, 2, .5f, 1}), 1);
  }

  /** With random weights, on images of 8×8 that are padded to 32×32. */
  private void assertSameAsOurs(Network network, Map<String, float[]> statistics, int count)
      throws Exception {
    Random random = new Random(5);
    List<Map<String, float[]>> sets = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      Map<String, float[]> set = new HashMap<>(statistics);
      for (ParameterBlock block : network.parameters()) {
        float[] values = new float[block.size()];
        for (int i = 0; i < values.length; i++) {
          values[i] = (float) (random.nextGaussian() / Math.sqrt(block.columns()));
        }
        set.put(block.layer(), values);
      }
      sets.add(set);
    }
    OnnxNetworks.Preparation padding =
        new OnnxNetworks.Preparation(Shape.of(1, 8, 8), new double[] {5}, new double[] {6}, 32, 32);
    Files.write(
        folder.resolve("tokens.onnx"),
        OnnxNetworks.of(network, sets, padding).toBytes("test", Map.of()));

    Dataset test =
        Padding.zeros(
            Standardization.of(new double[] {5}, new double[] {6}, 64).apply(digits.test()),
            32,
            32);
    int examples = 12;
    PredictiveAccumulator expected =
        new PredictiveAccumulator(CLASSES, Arrays.copyOf(test.labels(), examples));
    try (Backend backend = Backends.open()) {
      for (Map<String, float[]> set : sets) {
        PlainNetwork plain = new PlainNetwork(network, set);
        Input x = new Input(network.batchShape(examples));
        Node logits = network.forward(x, plain.source(backend));
        Graph graph = Graph.forInference(backend, logits);
        test.copyFeatures(0, examples, x.value().slice().array(), x.value().slice().offset());
        x.push();
        graph.forward();
        backend.memory().pull(logits.value().slice());
        float[] values = logits.value().slice().toArray();
        float most = 0;
        for (float value : values) {
          most = Math.max(most, Math.abs(value));
        }
        assertTrue(most > 0.1, "outputs that are not all 0");
        expected.addLogits(values, 0, examples);
      }
    }
    double[] probabilities = expected.probabilities();
    float[] ours = new float[probabilities.length];
    for (int i = 0; i < ours.length; i++) {
      ours[i] = (float) probabilities[i];
    }
    int[] first = IntStream.range(0, examples).toArray();
    assertClose(ours, run("tokens.onnx", "probabilities", digits.test().select(first)));
  }
}
