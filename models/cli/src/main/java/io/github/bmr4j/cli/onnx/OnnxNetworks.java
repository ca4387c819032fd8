package io.github.bmr4j.cli.onnx;

import io.github.bmr4j.engine.onnx.OnnxGraph;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.models.compact.CompactLayer;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.network.Network;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Networks as ONNX models: the input {@code features}, an example a row as it is in its file,
 * standardized inside; the output {@code probabilities}, and, where there is one set of weights
 * alone, the {@code logits}. With several sets, draws from a posterior, the probabilities are their
 * mean. A regression has {@code predictions} and {@code deviations} instead ({@link Targets}).
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
   * How a regression's outputs become predictions: the output {@code predictions} in the targets'
   * units, and {@code deviations}, their standard deviations with that of the noise.
   *
   * @param mean of each target
   * @param unit standard deviation of each target
   * @param noiseVariance of each standardized target
   * @param heteroscedastic whether the second half of outputs says how the noise varies ({@link
   *     RegressionModel.Config#MOST_LOG_RATIO})
   */
  public record Targets(
      double[] mean, double[] unit, double[] noiseVariance, boolean heteroscedastic) {}

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
    made.outputs(made.run(network, sets, preparation), network.outputs());
    return made.graph;
  }

  /** Likewise, of a regression. */
  public static OnnxGraph of(
      CompactNetwork network, List<Integer> sets, Preparation preparation, Targets targets) {
    OnnxNetworks made = new OnnxNetworks();
    made.outputs(made.run(network, sets, preparation), targets);
    return made.graph;
  }

  private List<String> run(CompactNetwork network, List<Integer> sets, Preparation preparation) {
    String x = flat(prepared(preparation));
    if (network.selectedInputs().size() < network.inputs()) {
      long[] selected = network.selectedInputs().stream().mapToLong(Integer::longValue).toArray();
      x = graph.node("Gather", Map.of("axis", 1), x, graph.indices(selected));
    }
    String input = x;
    return sets.stream().map(set -> compact(network, set, input)).toList();
  }

  /**
   * A network with its weights.
   *
   * @param network of any layers but recurrent ones, embeddings of words and noise
   * @param weights for each set, the values of each block of parameters by its name
   * @param preparation of raw features
   * @return the graph, without metadata
   * @throws IllegalArgumentException if it has another kind of layer
   */
  public static OnnxGraph of(
      Network network, List<Map<String, float[]>> weights, Preparation preparation) {
    OnnxNetworks made = new OnnxNetworks();
    made.outputs(made.run(network, weights, preparation), network.output().size());
    return made.graph;
  }

  /** Likewise, of a regression. */
  public static OnnxGraph of(
      Network network,
      List<Map<String, float[]>> weights,
      Preparation preparation,
      Targets targets) {
    OnnxNetworks made = new OnnxNetworks();
    made.outputs(made.run(network, weights, preparation), targets);
    return made.graph;
  }

  private List<String> run(
      Network network, List<Map<String, float[]>> weights, Preparation preparation) {
    String input = prepared(preparation);
    return weights.stream().map(set -> layers(network, set, input)).toList();
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
      x = OnnxLayers.apply(graph, layer.activation(), x);
    }
    return x;
  }

  private String layers(Network network, Map<String, float[]> weights, String input) {
    return new OnnxLayers(graph, weights).of(network.layers(), network.input(), input);
  }

  private String dense(String x, float[] matrix, float[] bias, int outputs, int inputs) {
    return graph.node(
        "Gemm",
        Map.of("transB", 1),
        x,
        graph.constant(matrix, outputs, inputs),
        graph.constant(bias, outputs));
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

  private void outputs(List<String> outputs, Targets targets) {
    int n = targets.mean().length;
    List<String> means = new ArrayList<>();
    List<String> noises = new ArrayList<>();
    for (String each : outputs) {
      means.add(targets.heteroscedastic() ? columns(each, 0, n) : each);
      if (targets.heteroscedastic()) {
        String bounded = graph.node("Tanh", columns(each, n, 2 * n));
        float factor = (float) -RegressionModel.Config.MOST_LOG_RATIO;
        String logarithm = graph.node("Mul", bounded, graph.constant(new float[] {factor}));
        noises.add(graph.node("Exp", logarithm));
      }
    }
    String mean = mean(means);
    String noise = graph.constant(floats(targets.noiseVariance()), n);
    String variance = noises.isEmpty() ? noise : graph.node("Mul", noise, mean(noises));
    if (outputs.size() > 1) {
      List<String> squares = new ArrayList<>();
      for (String each : means) {
        String gap = graph.node("Sub", each, mean);
        squares.add(graph.node("Mul", gap, gap));
      }
      variance = graph.node("Add", mean(squares), variance);
    } else if (noises.isEmpty()) {
      // Of the batch's shape, too.
      variance = graph.node("Add", graph.node("Sub", mean, mean), variance);
    }
    String unit = graph.constant(floats(targets.unit()), n);
    String middle = graph.constant(floats(targets.mean()), n);
    graph.output(graph.node("Add", graph.node("Mul", mean, unit), middle), "predictions", n);
    graph.output(graph.node("Mul", graph.node("Sqrt", variance), unit), "deviations", n);
  }

  private String mean(List<String> values) {
    return values.size() == 1
        ? values.getFirst()
        : graph.node("Mean", values.toArray(String[]::new));
  }

  private String columns(String x, int from, int to) {
    return graph.node("Slice", x, graph.indices(from), graph.indices(to), graph.indices(1));
  }

  private static float[] floats(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }
}
