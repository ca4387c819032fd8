package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.RunningStatistics;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import java.util.HashMap;
import java.util.Map;

/**
 * A network and its weights, without anything random: what {@link
 * io.github.bmr4j.models.compact.StructureCompaction} makes, or what was trained elsewhere.
 *
 * @param network its layers
 * @param weights values of each block of parameters, by its name
 */
public record PlainNetwork(Network network, Map<String, float[]> weights) {

  /** Behind a layer's name: the factors of its place for noise. */
  public static final String NOISE = ".noise";

  /** Behind the name of a batch normalisation: its means, then its variances. */
  public static final String RUNNING = ".running";

  /**
   * Checks the sizes. The arrays are not copied.
   *
   * @throws IllegalArgumentException if a block is missing or has another size
   */
  public PlainNetwork {
    weights = Map.copyOf(weights);
    requireSizes(network, weights);
  }

  private static void requireSizes(Network network, Map<String, float[]> weights) {
    for (ParameterBlock block : network.parameters()) {
      requireSize("Layer " + block.layer(), block.size(), weights.get(block.layer()));
    }
    for (Layer layer : network.parts()) {
      if (layer instanceof BatchNorm norm) {
        float[] statistics = weights.get(norm.name() + RUNNING);
        requireSize("The statistics of " + norm.name(), 2 * norm.channels(), statistics);
      }
    }
  }

  private static void requireSize(String what, int size, float[] values) {
    if (values == null || values.length != size) {
      throw new IllegalArgumentException(
          what
              + " needs "
              + size
              + " parameters, but has "
              + (values == null ? "none" : String.valueOf(values.length)));
    }
  }

  /**
   * Nodes of the parameters, for one graph at a time or several.
   *
   * @param backend whose memory they are copied to, now
   */
  public WeightSource source(Backend backend) {
    Map<String, Tensor> tensors = new HashMap<>();
    weights.forEach(
        (name, values) -> {
          Slice slice = new Slice(backend.memory().allocate(values.length), 0, values.length);
          slice.copyFrom(values, 0);
          backend.memory().push(slice);
          tensors.put(name, new Tensor(Shape.of(values.length), slice));
        });
    return new WeightSource() {
      @Override
      public Node weights(ParameterBlock block) {
        return new Input(tensors.get(block.layer()));
      }

      @Override
      public RunningStatistics runningStatistics(BatchNorm layer) {
        RunningStatistics statistics = new RunningStatistics(backend, layer.channels());
        float[] values = weights.get(layer.name() + RUNNING);
        statistics.mean().copyFrom(values, 0);
        statistics.variance().copyFrom(values, layer.channels());
        return statistics;
      }
    };
  }
}
