package io.github.bmr4j.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.tests.CommandProcess.Ended;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code bmr export} writes, run by onnxruntime on raw features, gives what we predict. */
class OnnxTest {

  private static final float TOLERANCE = 1e-5f;
  private static final int CLASSES = 10;

  @TempDir private Path folder;

  private final Split digits = Digits.split(0);

  private void bmr(String line) throws Exception {
    String[] arguments = line.replace("DIR", folder.toString()).split(" ", -1);
    Ended ended = CommandProcess.onModulePath(List.of(), arguments).end();
    assertEquals(0, ended.code(), ended.toString());
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
        "prune --hidden 30,20 --warm-up 400 --rounds 4 --iterations 60 --learning-rate 1e-2"
            + " --samples 4 -q --out DIR/mlp");
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
    assertArrayEquals(expected, run("mean.onnx", "logits"), 10 * TOLERANCE, "logits");
    assertArrayEquals(predictions("compact.csv"), run("ensemble.onnx", "probabilities"), TOLERANCE);
  }

  @Test
  void aPosteriorOfConvolutionsGivesTheMeanOverItsDraws() throws Exception {
    bmr(
        "prune --network lenet --warm-up 30 --rounds 1 --iterations 5 --samples 2 -q --out"
            + " DIR/lenet");
    bmr("export DIR/lenet/posterior.safetensors --samples 3 --out DIR/lenet.onnx");
    bmr("predict DIR/lenet/posterior.safetensors --samples 3 --out DIR/lenet.csv");
    assertArrayEquals(predictions("lenet.csv"), run("lenet.onnx", "probabilities"), TOLERANCE);
  }

  @Test
  void everyActivationOfAPerceptronIsTheSameFunction() throws Exception {
    for (String activation : List.of("gelu", "gelu-tanh", "relu", "softplus", "sigmoid")) {
      bmr(
          "train --hidden 12 --steps 60 --samples 2 -q --activation "
              + activation
              + " --out DIR/"
              + activation);
      bmr("export DIR/" + activation + "/posterior.safetensors --samples 2 --out DIR/a.onnx");
      bmr("predict DIR/" + activation + "/posterior.safetensors --samples 2 --out DIR/a.csv");
      assertArrayEquals(
          predictions("a.csv"), run("a.onnx", "probabilities"), TOLERANCE, activation);
    }
  }
}
