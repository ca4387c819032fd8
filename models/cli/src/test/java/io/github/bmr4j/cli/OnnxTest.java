package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bmr4j.cli.onnx.OnnxNetworks;
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
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
  private float[] run(String file, String output) throws OrtException {
    Dataset test = digits.test();
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
      return all;
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
}
