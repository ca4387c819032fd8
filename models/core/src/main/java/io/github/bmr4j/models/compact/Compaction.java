package io.github.bmr4j.models.compact;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.method.SampledNetwork;
import io.github.bmr4j.models.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Makes a smaller network that gives the same outputs. A unit that nothing live reads leaves; so
 * does one whose value no input changes, and what it adds to the units that read it becomes part of
 * their biases. Each kind of layer says how by {@link LayerUnits}; first the constants are found
 * from the inputs up, then what is needed from the outputs down.
 */
public final class Compaction {

  private final Backend backend;
  private final Network network;
  private final Map<String, List<float[]>> weights;

  private Compaction(Backend backend, Network network, Map<String, List<float[]>> weights) {
    this.backend = backend;
    this.network = network;
    this.weights = weights;
  }

  /**
   * Compacts a trained and pruned model: the network of the posterior's mean, and those of samples.
   *
   * @param backend that holds the model's parameters
   * @param model whose pruned weights are masked
   * @param samples draws from the posterior to keep, the same as those of {@link
   *     io.github.bmr4j.models.method.Prediction}; 0 for the mean alone
   * @throws IllegalArgumentException if a layer cannot be compacted
   */
  public static CompactNetwork of(Backend backend, SampledNetwork model, int samples) {
    return of(backend, model.network(), drawn(backend, model, samples));
  }

  /**
   * Compacts a network with given weights, of which those that are 0 in all sets are out.
   *
   * @param backend computes the activations of constant units
   * @param network whose layers are dense, activations or flatten
   * @param weights for each block of parameters, by its name, its values in each set
   * @throws IllegalArgumentException if a layer cannot be compacted, or a block is missing or has
   *     another size
   */
  public static CompactNetwork of(
      Backend backend, Network network, Map<String, List<float[]>> weights) {
    return new Compaction(backend, network, weights).compact();
  }

  /** Whether all layers of a network can be compacted. */
  public static boolean isPossible(Network network) {
    return network.layers().stream().allMatch(LayerUnits::isKnown);
  }

  private CompactNetwork compact() {
    List<LayerUnits> layers = new ArrayList<>();
    for (Layer layer : network.layers()) {
      layers.add(LayerUnits.of(layer, this));
    }
    int inputs = network.input().size();
    List<UnitValues> values = new ArrayList<>();
    values.add(UnitValues.varying(inputs, sets()));
    for (LayerUnits layer : layers) {
      values.add(layer.outputs(values.getLast()));
    }
    boolean[][] kept = new boolean[layers.size() + 1][];
    kept[layers.size()] = new boolean[network.output().size()];
    Arrays.fill(kept[layers.size()], true);
    for (int l = layers.size() - 1; l >= 0; l--) {
      kept[l] = layers.get(l).needed(values.get(l), kept[l + 1]);
    }
    List<CompactLayer> chain = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).append(values.get(l), kept[l], kept[l + 1], chain);
    }
    boolean[] selected = kept[0];
    return new CompactNetwork(
        inputs, IntStream.range(0, inputs).filter(i -> selected[i]).boxed().toList(), chain);
  }

  private int sets() {
    return weights.values().stream().mapToInt(List::size).findFirst().orElse(1);
  }

  /** A block's values in each set. */
  List<float[]> weights(String name) {
    ParameterBlock block =
        network.parameters().stream().filter(b -> b.layer().equals(name)).findFirst().orElseThrow();
    List<float[]> sets = weights.getOrDefault(name, List.of());
    if (sets.size() != sets() || sets.stream().anyMatch(values -> values.length != block.size())) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs "
              + sets()
              + " sets of "
              + block.size()
              + " parameters, but has "
              + sets.stream().map(values -> values.length).toList());
    }
    return sets;
  }

  /** f of each value, as this one's back end computes it. */
  float[] apply(UnaryFunction f, float[] values) {
    return apply(backend, f, values);
  }

  /** f of each value, as a back end computes it. */
  static float[] apply(Backend backend, UnaryFunction f, float[] values) {
    Slice slice = new Slice(backend.memory().allocate(values.length), 0, values.length);
    slice.copyFrom(values, 0);
    backend.memory().push(slice);
    backend.elementwise().apply(f, slice, slice);
    backend.memory().pull(slice);
    return slice.toArray();
  }

  /**
   * A model's weights as the network computes with them: at the posterior's mean, then under each
   * draw.
   *
   * @param backend that holds the model's parameters
   * @param model whose
   * @param samples number of draws
   * @return for each block of parameters, by its name, the values of {@code samples} + 1 sets
   */
  public static Map<String, List<float[]>> drawn(
      Backend backend, SampledNetwork model, int samples) {
    List<ParameterBlock> blocks = model.network().parameters();
    WeightSource source = model.draws();
    Node[] nodes = blocks.stream().map(source::weights).toArray(Node[]::new);
    Graph graph = Graph.forInference(backend, nodes);
    Map<String, List<float[]>> weights = new HashMap<>();
    for (int set = 0; set <= samples; set++) {
      if (set == 0) {
        model.sampling().posteriorMean();
      } else {
        model.sampling().prediction(set - 1);
      }
      graph.forward();
      for (int b = 0; b < nodes.length; b++) {
        Slice values = nodes[b].value().slice();
        backend.memory().pull(values);
        weights
            .computeIfAbsent(blocks.get(b).layer(), name -> new ArrayList<>())
            .add(values.toArray());
      }
    }
    return weights;
  }
}
