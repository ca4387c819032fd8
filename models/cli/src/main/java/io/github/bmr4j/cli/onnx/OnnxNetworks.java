package io.github.bmr4j.cli.onnx;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.compact.CompactLayer;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.network.Network;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * Classifiers as ONNX models: the input {@code features}, an example a row as it is in its file,
 * standardized inside; the output {@code probabilities}, and, where there is one set of weights
 * alone, the {@code logits}. With several sets, draws from a posterior, the probabilities are their
 * mean.
 */
public final class OnnxNetworks {

  private final OnnxGraph graph = new OnnxGraph();

  private OnnxNetworks() {}

  /**
   * How raw features become a network's input.
   *
   * @param shape of a raw example: [features], or [channels, height, width]
   * @param mean for each feature or channel
   * @param deviation likewise; what has 0 becomes 0
   * @param height that images are padded to with zeros, on all sides alike, behind standardization
   * @param width likewise
   */
  public record Preparation(
      Shape shape, double[] mean, double[] deviation, int height, int width) {}

  /**
   * A compact network, run on vectors of all features.
   *
   * @param network to write
   * @param sets which of its sets of weights: 0 is the mean, draws are from 1 on
   * @param preparation of raw features
   * @return the graph, without metadata
   */
  public static OnnxGraph of(CompactNetwork network, List<Integer> sets, Preparation preparation) {
    OnnxNetworks made = new OnnxNetworks();
    String x = made.flat(made.prepared(preparation));
    if (network.selectedInputs().size() < network.inputs()) {
      long[] selected = network.selectedInputs().stream().mapToLong(Integer::longValue).toArray();
      x = made.graph.node("Gather", Map.of("axis", 1), x, made.graph.indices(selected));
    }
    String input = x;
    List<String> logits = sets.stream().map(set -> made.compact(network, set, input)).toList();
    made.outputs(logits, network.outputs());
    return made.graph;
  }

  /**
   * A network with its weights.
   *
   * @param network of dense layers, convolutions, pooling and activations
   * @param weights for each set, the values of each block of parameters by its name
   * @param preparation of raw features
   * @return the graph, without metadata
   * @throws IllegalArgumentException if it has another kind of layer
   */
  public static OnnxGraph of(
      Network network, List<Map<String, float[]>> weights, Preparation preparation) {
    OnnxNetworks made = new OnnxNetworks();
    String input = made.prepared(preparation);
    List<String> logits = weights.stream().map(set -> made.layers(network, set, input)).toList();
    made.outputs(logits, network.output().size());
    return made.graph;
  }

  private String prepared(Preparation preparation) {
    int[] shape = preparation.shape().toArray();
    int groups = preparation.mean().length;
    float[] mean = new float[groups];
    float[] factor = new float[groups];
    for (int g = 0; g < groups; g++) {
      mean[g] = (float) preparation.mean()[g];
      double deviation = preparation.deviation()[g];
      factor[g] = deviation == 0 ? 0 : (float) (1 / deviation);
    }
    // Broadcasts over the pixels of a channel.
    int[] extents = shape.length == 1 ? new int[] {groups} : new int[] {groups, 1, 1};
    String x = graph.input("features", shape);
    x = graph.node("Sub", x, graph.constant(mean, extents));
    x = graph.node("Mul", x, graph.constant(factor, extents));
    if (shape.length == 1 || shape[1] == preparation.height()) {
      return x;
    }
    int rows = preparation.height() - shape[1];
    int columns = preparation.width() - shape[2];
    String pads =
        graph.indices(0, 0, rows / 2, columns / 2, 0, 0, rows - rows / 2, columns - columns / 2);
    return graph.node("Pad", x, pads);
  }

  private String flat(String x) {
    return graph.node("Flatten", Map.of("axis", 1), x);
  }

  private String compact(CompactNetwork network, int set, String input) {
    String x = input;
    for (CompactLayer layer : network.layers()) {
      x =
          dense(
              x,
              layer.dense(set).array(),
              layer.biases().get(set).toArray(),
              layer.outputs(),
              layer.inputs());
      x = apply(layer.activation(), x);
    }
    return x;
  }

  private String layers(Network network, Map<String, float[]> weights, String input) {
    String x = input;
    for (Layer layer : network.layers()) {
      x =
          switch (layer) {
            case Dense dense -> {
              float[] all = weights.get(dense.name());
              int count = dense.outputs() * dense.inputs();
              yield dense(
                  x,
                  Arrays.copyOf(all, count),
                  Arrays.copyOfRange(all, count, all.length),
                  dense.outputs(),
                  dense.inputs());
            }
            case Convolution convolution ->
                convolution(x, convolution, weights.get(convolution.name()));
            case Activation activation -> apply(activation.function(), x);
            case AveragePooling pooling ->
                graph.node("AveragePool", pooling(pooling.window(), true), x);
            case MaxPooling pooling -> graph.node("MaxPool", pooling(pooling.window(), false), x);
            case Flatten _ -> flat(x);
            default ->
                throw new IllegalArgumentException(
                    "The layer "
                        + layer
                        + " is not written as ONNX: known are dense layers, convolutions, pooling,"
                        + " activations and flattening");
          };
    }
    return x;
  }

  private String dense(String x, float[] matrix, float[] bias, int outputs, int inputs) {
    return graph.node(
        "Gemm",
        Map.of("transB", 1),
        x,
        graph.constant(matrix, outputs, inputs),
        graph.constant(bias, outputs));
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

  private String apply(UnaryFunction function, String x) {
    UnaryOperator<String> half = y -> graph.node("Mul", y, number(0.5));
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
        String erf = graph.node("Erf", graph.node("Mul", x, number(Math.sqrt(0.5))));
        yield half.apply(graph.node("Mul", x, graph.node("Add", erf, number(1))));
      }
      case GELU_TANH -> {
        String cube = graph.node("Mul", x, graph.node("Mul", x, x));
        String inner = graph.node("Add", x, graph.node("Mul", cube, number(0.044715)));
        String tanh = graph.node("Tanh", graph.node("Mul", inner, number(Math.sqrt(2 / Math.PI))));
        yield half.apply(graph.node("Mul", x, graph.node("Add", tanh, number(1))));
      }
    };
  }

  private String number(double value) {
    return graph.constant(new float[] {(float) value});
  }

  private void outputs(List<String> logits, int classes) {
    List<String> probabilities =
        logits.stream().map(each -> graph.node("Softmax", Map.of("axis", 1), each)).toList();
    if (logits.size() == 1) {
      graph.output(logits.getFirst(), "logits", classes);
      graph.output(probabilities.getFirst(), "probabilities", classes);
    } else {
      String mean = graph.node("Mean", probabilities.toArray(String[]::new));
      graph.output(mean, "probabilities", classes);
    }
  }
}
