package io.github.bmr4j.models.layer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.RunningStatistics;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.TensorEntry;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Values and gradients of single layers, against PyTorch's (src/test/python/pytorch_layers.py). */
class LayersTest {

  /** A layer and its name in the file. */
  record Case(String name, Layer layer) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Case> cases() {
    return Stream.of(
        new Case(
            "grouped_convolution", new Convolution("a", 4, 6, new Window(3, 2, 2, 1, 1, 0), 2)),
        new Case("depthwise_convolution", new Convolution("a", 4, 8, Window.square(3, 1, 1), 4)),
        new Case("average_pooling", new AveragePooling(Window.square(3, 2, 1))),
        new Case("average_pooling_tiles", new AveragePooling(2)),
        new Case("max_pooling", new MaxPooling(Window.square(3, 2, 1))),
        new Case("batch_norm", new BatchNorm("a", 4)),
        new Case("layer_norm", new LayerNorm("a", 6)),
        new Case("self_attention", new SelfAttention("a", 6, 3)),
        new Case("embedding", new Embedding("a", 7, 5)),
        new Case("dense", new Dense("a", 6, 4)),
        new Case("relu", new Activation(UnaryFunction.RELU)),
        new Case("tanh", new Activation(UnaryFunction.TANH)),
        new Case("swish", new Activation(UnaryFunction.SWISH)),
        new Case("gelu", new Activation(UnaryFunction.GELU)),
        new Case("gelu_tanh", new Activation(UnaryFunction.GELU_TANH)));
  }

  /** The parameters of a file, each as a node whose gradient shows. */
  private static final class Weights implements WeightSource {

    final Backend backend;
    final SafetensorsReader file;
    final String name;
    final List<Parameter> blocks = new ArrayList<>();
    RunningStatistics statistics;

    Weights(Backend backend, SafetensorsReader file, String name) {
      this.backend = backend;
      this.file = file;
      this.name = name;
    }

    @Override
    public Node weights(ParameterBlock block) {
      float[] values = file.readFloats(name + "." + blocks.size());
      assertEquals(block.size(), values.length);
      blocks.add(new Parameter(Tensor.of(block.shape(), values)));
      return blocks.getLast();
    }

    @Override
    public RunningStatistics runningStatistics(BatchNorm layer) {
      statistics = new RunningStatistics(backend, layer.channels());
      return statistics;
    }
  }

  private static Shape shape(SafetensorsReader file, String name) {
    return Shape.of(file.entry(name).shape().stream().mapToInt(Math::toIntExact).toArray());
  }

  private static void assertClose(SafetensorsReader file, String name, Slice found) {
    float[] expected = file.readFloats(name);
    assertEquals(expected.length, found.length(), name);
    double scale = 1;
    for (float value : expected) {
      scale = Math.max(scale, Math.abs(value));
    }
    assertArrayEquals(expected, found.toArray(), (float) (1e-5 * scale), name);
  }

  private static void compare(Case it, Backend backend, SafetensorsReader file) {
    Shape of = shape(file, it.name() + ".x");
    Tensor values = Tensor.of(of, file.readFloats(it.name() + ".x"));
    boolean indices = it.layer() instanceof Embedding;
    Node x = indices ? new Input(values) : new Parameter(values);
    Weights weights = new Weights(backend, file, it.name());
    Node y = it.layer().forward(x, weights);
    assertEquals(shape(file, it.name() + ".y"), y.shape());
    Input c = new Input(Tensor.of(y.shape(), file.readFloats(it.name() + ".c")));
    Graph graph = Graph.forTraining(backend, new Sum(new Multiply(y, c)), y);
    graph.forward();
    graph.backward();
    assertClose(file, it.name() + ".y", y.value().slice());
    if (!indices) {
      assertClose(file, it.name() + ".dx", x.gradient().slice());
    }
    assertEquals(it.layer().parameters().size(), weights.blocks.size());
    for (int i = 0; i < weights.blocks.size(); i++) {
      assertClose(file, it.name() + ".d" + i, weights.blocks.get(i).gradient().slice());
    }
    if (weights.statistics != null) {
      float[] running = file.readFloats(it.name() + ".running");
      Slice mean = weights.statistics.mean();
      for (int i = 0; i < mean.length(); i++) {
        assertEquals(running[i], mean.get(i), 1e-6);
        assertEquals(running[mean.length() + i], weights.statistics.variance().get(i), 1e-6);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void valuesAndGradientsAreThoseOfPyTorch(Case it) throws IOException {
    for (String name : new String[] {"scalar", "best"}) {
      try (SafetensorsReader file = open();
          Backend backend = name.equals("best") ? Backends.open() : Backends.open(name)) {
        compare(it, backend, file);
      }
    }
  }

  private static SafetensorsReader open() throws IOException {
    return SafetensorsReader.open(
        Path.of("src/test/resources/io/github/bmr4j/models/layer/layers.safetensors"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "y"})
  void eachLayerOfTheFileHasACase(String part) throws IOException {
    try (SafetensorsReader file = open()) {
      List<String> inFile =
          file.tensors().stream()
              .map(TensorEntry::name)
              .filter(name -> name.endsWith("." + part))
              .map(name -> name.substring(0, name.length() - 2))
              .sorted()
              .toList();
      assertEquals(cases().map(Case::name).sorted().toList(), inFile);
      assertTrue(inFile.size() > 10);
    }
  }
}
