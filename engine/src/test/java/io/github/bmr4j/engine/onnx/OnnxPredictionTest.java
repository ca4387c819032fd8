package io.github.bmr4j.engine.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models that PyTorch wrote ({@code export.py} beside them), and small ones with mistakes. */
class OnnxPredictionTest {

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.open();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  private static byte[] resource(String name) throws IOException {
    try (InputStream in = OnnxPredictionTest.class.getResourceAsStream(name)) {
      return in.readAllBytes();
    }
  }

  private static float[] numbers(String line) {
    String[] words = line.split(" ", -1);
    float[] values = new float[words.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.parseFloat(words[i]);
    }
    return values;
  }

  /** By both of PyTorch's exporters, with batches smaller and larger than the four examples. */
  @ParameterizedTest
  @CsvSource({
    "perceptron-script, 3",
    "perceptron-program, 4",
    "lenet-script, 1",
    "lenet-program, 3",
    "attention-script, 5",
    "attention-program, 2",
    "operators-script, 3",
    "operators-program, 4"
  })
  void modelsByPyTorchGiveItsOutputs(String name, int batch) throws IOException {
    String text =
        new String(resource(name.substring(0, name.indexOf('-')) + ".txt"), StandardCharsets.UTF_8);
    float[] x = numbers(text.split("\n", -1)[0]);
    float[] expected = numbers(text.split("\n", -1)[1]);
    OnnxPrediction prediction =
        new OnnxPrediction(backend, OnnxModel.of(name, resource(name + ".onnx")), batch);
    assertEquals(x.length / 4, prediction.inputs());
    assertEquals(List.of("y"), prediction.outputs());
    assertEquals(expected.length / 4, prediction.width("y"));
    float[] y = prediction.predict(x, 4).get("y");
    assertEquals(expected.length, y.length);
    for (int i = 0; i < y.length; i++) {
      assertEquals(expected[i], y[i], 1e-5 * Math.max(1, Math.abs(expected[i])), "output " + i);
    }
  }

  /** A model with one input x of three features, and one output y. */
  private static OnnxModel model(Function<OnnxGraph, String> body) {
    OnnxGraph graph = new OnnxGraph();
    graph.input("x", 3);
    graph.output(body.apply(graph), "y", 3);
    return OnnxModel.of("model", graph.toBytes("test", Map.of("key", "value")));
  }

  private static float[] run(OnnxModel model, float... x) {
    return new OnnxPrediction(backend, model, 2).predict(x, x.length / 3).get("y");
  }

  @Test
  void whatTheWriterNotedIsRead() {
    OnnxModel model = model(graph -> graph.node("Relu", "x"));
    assertEquals(Map.of("key", "value"), model.metadata());
    assertEquals(List.of("y"), model.outputs());
    assertTrue(model.batch().isEmpty());
    assertArrayEquals(new float[] {0, 2, 0, 4, 0, 6}, run(model, -1, 2, -3, 4, -5, 6));
    assertArrayEquals(new float[0], run(model));
  }

  /** x, and one number for each example, one for each feature, one for all. */
  @ParameterizedTest
  @ValueSource(strings = {"Add", "Sub", "Mul", "Div", "Sum", "Mean"})
  void operandsAreRepeatedToACommonShape(String operator) {
    float[] row = {2, -4, 8};
    OnnxModel model =
        model(
            graph -> {
              String one = graph.node(operator, "x", graph.constant(new float[] {4}));
              return graph.node(operator, one, graph.constant(row, 1, 3));
            });
    float[] x = {1, 2, 3, 4, 5, 6};
    float[] expected = new float[6];
    for (int i = 0; i < 6; i++) {
      expected[i] = folded(operator, folded(operator, x[i], 4), row[i % 3]);
    }
    assertArrayEquals(expected, run(model, x), 1e-6f);
    if (!operator.equals("Div")) {
      // The first feature of each example, repeated.
      OnnxModel column =
          model(
              graph -> {
                String first =
                    graph.node("Slice", "x", graph.indices(0), graph.indices(1), graph.indices(1));
                return graph.node(operator, "x", first);
              });
      for (int i = 0; i < 6; i++) {
        expected[i] = folded(operator, x[i], x[i / 3 * 3]);
      }
      assertArrayEquals(expected, run(column, x), 1e-6f);
    }
  }

  private static float folded(String operator, float a, float b) {
    return switch (operator) {
      case "Add", "Sum" -> a + b;
      case "Sub" -> a - b;
      case "Mul" -> a * b;
      case "Div" -> a / b;
      case "Mean" -> (a + b) / 2;
      default -> throw new AssertionError(operator);
    };
  }

  @Test
  void productsWithFactorsAndAMatrixForABias() {
    float[] b = {1, 2, 3, 4, 5, 6, 7, 8, 10};
    OnnxModel model =
        model(
            graph ->
                graph.node(
                    "Gemm",
                    Map.of("alpha", 0.5f, "beta", 2f),
                    "x",
                    graph.constant(b, 3, 3),
                    graph.constant(new float[] {1, 0, -1}, 1, 3)));
    // Half the first row of B plus twice the bias; half the last row likewise.
    assertArrayEquals(new float[] {2.5f, 1, -.5f, 5.5f, 4, 3}, run(model, 1, 0, 0, 0, 0, 1), 1e-6f);
  }

  /** The message names the node, the operator and what is read. */
  @Test
  void whatIsNotReadIsRefusedWithItsNode() {
    refused(graph -> graph.node("Hardmax", "x"), "Hardmax_v0 (Hardmax)", "is not read; read are");
    refused(graph -> graph.node("Relu", "z"), "takes z, which no node before it computes");
    refused(
        graph -> graph.node("Add", "x", graph.constant(new float[2], 2)),
        "(Add)",
        "cannot take [2, 3] and [2] together");
    refused(
        graph -> graph.node("MatMul", "x", graph.constant(new float[8], 4, 2)),
        "cannot multiply [2, 3] and [4, 2]");
    refused(graph -> graph.node("Div", "x", "x"), "divides by a value that is computed");
    refused(graph -> graph.node("Softmax", Map.of("axis", 2), "x"), "has the axis 2");
    refused(graph -> graph.node("Reshape", "x", graph.indices(-1, 4)), "the shape [1, 4]");
    refused(graph -> graph.node("Reshape", "x", graph.indices(-1, -1)), "[-1, -1]");
    refused(
        graph -> graph.node("Gather", Map.of("axis", 1), "x", graph.indices(3)),
        "takes element 3 of 3");
    refused(graph -> graph.node("Softmax", Map.of("axis", 1f), "x"), "has a Float as its axis");
    refused(
        graph -> graph.node("Flatten", Map.of("axis", 0), "x"), "has the shape [1, 6] for a batch");
    refused(graph -> graph.node("Conv", "x", "x"), "read are images");
    refused(
        graph -> graph.constant(new float[3], 3), "is no constant of", "is computed by no node");
  }

  private static void refused(Function<OnnxGraph, String> body, String... parts) {
    OnnxModel model = model(body);
    String message =
        assertThrows(OnnxException.class, () -> new OnnxPrediction(backend, model, 2)).getMessage();
    assertTrue(message.startsWith("model: "), message);
    assertTrue(Arrays.stream(parts).anyMatch(message::contains), message);
  }

  @Test
  void memoryIsRefusedBeforeItIsTaken() {
    OnnxModel model =
        model(graph -> graph.node("Pad", "x", graph.indices(0, 500_000_000, 0, 500_000_000)));
    String message =
        assertThrows(OnnxException.class, () -> new OnnxPrediction(backend, model, 2, 1_000_000))
            .getMessage();
    assertTrue(message.contains("[2, 1000000003]"), message);
    assertTrue(message.contains("1000000 bytes"), message);
    OnnxModel small = model(graph -> graph.node("Relu", "x"));
    assertThrows(OnnxException.class, () -> new OnnxPrediction(backend, small, 2, 20));
    new OnnxPrediction(backend, small, 2, 24);
  }

  @Test
  void callsThatDoNotFitAreRefused() {
    OnnxPrediction prediction =
        new OnnxPrediction(backend, model(graph -> graph.node("Relu", "x")), 2);
    assertThrows(IllegalArgumentException.class, () -> prediction.predict(new float[5], 2));
    assertThrows(IllegalArgumentException.class, () -> prediction.width("z"));
    OnnxModel model = model(graph -> graph.node("Relu", "x"));
    assertThrows(IllegalArgumentException.class, () -> new OnnxPrediction(backend, model, 0));
  }

  private static String chain(OnnxGraph graph, int length) {
    String y = "x";
    for (int i = 0; i < length; i++) {
      y = graph.node("Relu", y);
    }
    return y;
  }

  @Test
  void aModelMayBeDeepButNotWithoutEnd() {
    assertArrayEquals(new float[] {0, 1, 2}, run(model(graph -> chain(graph, 5_000)), -1, 1, 2));
    String message =
        assertThrows(OnnxException.class, () -> model(graph -> chain(graph, 10_000))).getMessage();
    assertTrue(message.contains("has more nodes than the 10000"), message);
  }

  @Test
  void anythingElseIsNoModel() {
    for (byte[] bytes :
        new byte[][] {{}, "PK archive".getBytes(StandardCharsets.UTF_8), {8, 8}, {0x3A, 5, 1}}) {
      assertThrows(OnnxException.class, () -> OnnxModel.of("bytes", bytes));
    }
    OnnxGraph graph = new OnnxGraph();
    graph.input("a", 1);
    graph.input("b", 1);
    graph.output("a", "y", 1);
    byte[] two = graph.toBytes("test", Map.of());
    String message = assertThrows(OnnxException.class, () -> OnnxModel.of("two", two)).getMessage();
    assertTrue(message.contains("[a, b], expected one"), message);
  }

  /** Every end of a model is the end of something. */
  @Test
  void aModelThatIsCutIsRefused() throws IOException {
    byte[] whole = resource("lenet-script.onnx");
    int read = 0;
    for (int length = 0; length < whole.length; length++) {
      byte[] cut = Arrays.copyOf(whole, length);
      try {
        new OnnxPrediction(backend, OnnxModel.of("cut", cut), 1, 1 << 20);
        read++;
      } catch (OnnxException expected) {
        assertTrue(expected.getMessage().length() > 10, expected.getMessage());
      }
    }
    assertEquals(0, read, "the operator sets come last");
  }

  @Test
  void aModelWithOneByteChangedIsReadOrRefused() throws IOException {
    Random random = new Random(3);
    for (String name : List.of("operators-script", "attention-program", "perceptron-script")) {
      byte[] whole = resource(name + ".onnx");
      int refused = 0;
      for (int i = 0; i < 400; i++) {
        byte[] changed = whole.clone();
        changed[random.nextInt(whole.length)] ^= (byte) (1 << random.nextInt(8));
        try {
          OnnxPrediction prediction =
              new OnnxPrediction(backend, OnnxModel.of("changed", changed), 1, 1 << 20);
          prediction.predict(new float[prediction.inputs()], 1);
        } catch (OnnxException expected) {
          refused++;
        }
      }
      assertTrue(refused > 60, name + ": " + refused);
    }
  }
}
