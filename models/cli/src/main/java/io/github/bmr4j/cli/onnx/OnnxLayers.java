package io.github.bmr4j.cli.onnx;

import io.github.bmr4j.engine.autodiff.BatchNormalization;
import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Dropout;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.MeanToken;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import io.github.bmr4j.models.layer.Transposition;
import io.github.bmr4j.models.network.PlainNetwork;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** The layers of a network, with one set of weights, as operations of a graph. */
final class OnnxLayers {

  private final OnnxGraph graph;
  private final Map<String, float[]> weights;

  /**
   * @param graph that they go into
   * @param weights values of each block of parameters, by its name
   */
  OnnxLayers(OnnxGraph graph, Map<String, float[]> weights) {
    this.graph = graph;
    this.weights = weights;
  }

  /**
   * Layers one after the other.
   *
   * @param layers to write
   * @param shape of what goes in, without the batch
   * @param input what goes in
   * @return what comes out
   * @throws IllegalArgumentException for a layer that is not written
   */
  String of(List<Layer> layers, Shape shape, String input) {
    String x = input;
    Shape behind = shape;
    for (Layer layer : layers) {
      x = of(layer, behind, x);
      behind = layer.outputShape(behind);
    }
    return x;
  }

  private String of(Layer layer, Shape shape, String x) {
    return switch (layer) {
      case Dense dense -> linear(x, dense.block());
      case Convolution convolution -> convolution(x, convolution, weights(convolution.name()));
      case Activation activation -> apply(graph, activation.function(), x);
      case AveragePooling pooling -> graph.node("AveragePool", pooling(pooling.window(), true), x);
      case MaxPooling pooling -> graph.node("MaxPool", pooling(pooling.window(), false), x);
      case Flatten _ -> graph.node("Flatten", Map.of("axis", 1), x);
      case Dropout _ -> x;
      case BatchNorm norm -> batchNorm(x, norm);
      case LayerNorm norm -> layerNorm(x, norm);
      case Residual residual ->
          graph.node("Add", of(residual.shortcut(), shape, x), of(residual.layers(), shape, x));
      case PatchEmbedding patches -> patches(x, patches, shape);
      case ClassToken token -> classToken(x, token);
      case SelfAttention attention -> attention(x, attention, shape.extent(0));
      case Transposition _ -> transposed(x, 0, 2, 1);
      case FirstToken _ -> graph.node("Gather", Map.of("axis", 1), x, graph.constant(0L));
      case MeanToken _ -> graph.node("ReduceMean", Map.of("axes", new int[] {1}, "keepdims", 0), x);
      default ->
          throw new IllegalArgumentException(
              "The layer "
                  + layer
                  + " is not written as ONNX; export its weights as .safetensors or .npz instead");
    };
  }

  private float[] weights(String name) {
    return weights.get(name);
  }

  /** x Wᵀ + b on the last axis. */
  private String linear(String x, ParameterBlock block) {
    float[] all = weights(block.layer());
    int count = block.rows() * block.columns();
    float[] transposed = new float[count];
    for (int i = 0; i < block.rows(); i++) {
      for (int j = 0; j < block.columns(); j++) {
        transposed[j * block.rows() + i] = all[i * block.columns() + j];
      }
    }
    String product =
        graph.node("MatMul", x, graph.constant(transposed, block.columns(), block.rows()));
    return block.bias()
        ? graph.node("Add", product, vector(Arrays.copyOfRange(all, count, all.length)))
        : product;
  }

  private String vector(float[] values) {
    return graph.constant(values, values.length);
  }

  private String layerNorm(String x, LayerNorm norm) {
    float[] all = weights(norm.name());
    return graph.node(
        "LayerNormalization",
        Map.of("axis", -1, "epsilon", norm.epsilon()),
        x,
        vector(Arrays.copyOf(all, norm.width())),
        vector(Arrays.copyOfRange(all, norm.width(), all.length)));
  }

  private String batchNorm(String x, BatchNorm norm) {
    float[] all = weights(norm.name());
    float[] running = weights(norm.name() + PlainNetwork.RUNNING);
    int n = norm.channels();
    return graph.node(
        "BatchNormalization",
        Map.of("epsilon", (float) BatchNormalization.EPSILON),
        x,
        vector(Arrays.copyOf(all, n)),
        vector(Arrays.copyOfRange(all, n, 2 * n)),
        vector(Arrays.copyOf(running, n)),
        vector(Arrays.copyOfRange(running, n, 2 * n)));
  }

  /** [batch, channels, height, width] to [batch, tokens, width]. */
  private String patches(String x, PatchEmbedding layer, Shape shape) {
    int patch = layer.patch();
    int rows = shape.extent(1) / patch;
    int columns = shape.extent(2) / patch;
    String squares = reshaped(x, -1, layer.channels(), rows, patch, columns, patch);
    String pixels = transposed(squares, 0, 2, 4, 3, 5, 1);
    return linear(reshaped(pixels, -1, rows * columns, layer.block().columns()), layer.block());
  }

  /** A token of zeros in front, to which its value is added with the positions. */
  private String classToken(String x, ClassToken layer) {
    float[] all = weights(layer.name());
    int width = layer.width();
    float[] added = Arrays.copyOfRange(all, width, all.length);
    for (int i = 0; i < width; i++) {
      added[i] += all[i];
    }
    String longer = graph.node("Pad", x, graph.indices(0, 1, 0, 0, 0, 0));
    return graph.node("Add", longer, graph.constant(added, layer.tokens() + 1, width));
  }

  private String attention(String x, SelfAttention layer, int tokens) {
    int heads = layer.heads();
    int size = layer.size();
    String projected = linear(x, layer.projections());
    String byHead = transposed(reshaped(projected, -1, tokens, 3, heads, size), 2, 0, 3, 1, 4);
    String queries = graph.node("Gather", Map.of("axis", 0), byHead, graph.constant(0L));
    String keys = graph.node("Gather", Map.of("axis", 0), byHead, graph.constant(1L));
    String values = graph.node("Gather", Map.of("axis", 0), byHead, graph.constant(2L));
    String products = graph.node("MatMul", queries, transposed(keys, 0, 1, 3, 2));
    String scores = graph.node("Mul", products, number(graph, 1 / Math.sqrt(size)));
    String attention = graph.node("Softmax", Map.of("axis", -1), scores);
    String mixed = transposed(graph.node("MatMul", attention, values), 0, 2, 1, 3);
    return linear(reshaped(mixed, -1, tokens, heads * size), layer.mixing());
  }

  private String reshaped(String x, int... shape) {
    return graph.node("Reshape", x, graph.indices(Arrays.stream(shape).asLongStream().toArray()));
  }

  private String transposed(String x, int... axes) {
    return graph.node("Transpose", Map.of("perm", axes), x);
  }

  private String convolution(String x, Convolution layer, float[] all) {
    ParameterBlock block = layer.block();
    int count = block.rows() * block.columns();
    Window window = layer.window();
    return graph.node(
        "Conv",
        Map.of(
            "kernel_shape",
            new int[] {window.height(), window.width()},
            "strides",
            new int[] {window.verticalStride(), window.horizontalStride()},
            "pads",
            pads(window),
            "group",
            layer.groups()),
        x,
        graph.constant(Arrays.copyOf(all, count), block.weightShape().toArray()),
        graph.constant(Arrays.copyOfRange(all, count, all.length), block.rows()));
  }

  private static Map<String, Object> pooling(Window window, boolean average) {
    int[] size = {window.height(), window.width()};
    int[] strides = {window.verticalStride(), window.horizontalStride()};
    return average
        ? Map.of(
            "kernel_shape", size, "strides", strides, "pads", pads(window), "count_include_pad", 1)
        : Map.of("kernel_shape", size, "strides", strides, "pads", pads(window));
  }

  /** Above and left, then below and right. */
  private static int[] pads(Window window) {
    int vertical = window.verticalPadding();
    int horizontal = window.horizontalPadding();
    return new int[] {vertical, horizontal, vertical, horizontal};
  }

  static String apply(OnnxGraph graph, UnaryFunction function, String x) {
    UnaryOperator<String> half = y -> graph.node("Mul", y, number(graph, 0.5));
    return switch (function) {
      case IDENTITY -> x;
      case RELU -> graph.node("Relu", x);
      case TANH -> graph.node("Tanh", x);
      case SIGMOID -> graph.node("Sigmoid", x);
      case SOFTPLUS -> graph.node("Softplus", x);
      case EXP -> graph.node("Exp", x);
      case LOG -> graph.node("Log", x);
      case SQUARE -> graph.node("Mul", x, x);
      case SQRT -> graph.node("Sqrt", x);
      case ERF -> graph.node("Erf", x);
      case SIN -> graph.node("Sin", x);
      case COS -> graph.node("Cos", x);
      case SWISH -> graph.node("Mul", x, graph.node("Sigmoid", x));
      case GELU -> {
        String erf = graph.node("Erf", graph.node("Mul", x, number(graph, Math.sqrt(0.5))));
        yield half.apply(graph.node("Mul", x, graph.node("Add", erf, number(graph, 1))));
      }
      case GELU_TANH -> {
        String cube = graph.node("Mul", x, graph.node("Mul", x, x));
        String inner = graph.node("Add", x, graph.node("Mul", cube, number(graph, 0.044715)));
        String tanh =
            graph.node("Tanh", graph.node("Mul", inner, number(graph, Math.sqrt(2 / Math.PI))));
        yield half.apply(graph.node("Mul", x, graph.node("Add", tanh, number(graph, 1))));
      }
    };
  }

  private static String number(OnnxGraph graph, double value) {
    return graph.constant(new float[] {(float) value});
  }
}
