package io.github.bmr4j.models.compact;

import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import java.util.HashMap;
import java.util.Map;

/**
 * A network and its weights, without anything random: what {@link StructureCompaction} makes, or
 * what was trained elsewhere.
 *
 * @param network its layers
 * @param weights values of each block of parameters, by its name
 */
public record PlainNetwork(Network network, Map<String, float[]> weights) {

  /** Behind a layer's name: the factors of its place for noise. */
  public static final String NOISE = ".noise";

  /**
   * Checks the sizes. The arrays are not copied.
   *
   * @throws IllegalArgumentException if a block is missing or has another size
   */
  public PlainNetwork {
    weights = Map.copyOf(weights);
    requireSizes(network, weights);
  }

  static void requireSizes(Network network, Map<String, float[]> weights) {
    for (ParameterBlock block : network.parameters()) {
      float[] values = weights.get(block.layer());
      if (values == null || values.length != block.size()) {
        throw new IllegalArgumentException(
            "Layer "
                + block.layer()
                + " needs "
                + block.size()
                + " parameters, but has "
                + (values == null ? "none" : String.valueOf(values.length)));
      }
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
    };
  }

  /**
   * What it costs: parameters, multiply-adds for one example of products and convolutions, and
   * bytes of the parameters in single precision.
   */
  public ModelCost cost() {
    return cost(network);
  }

  /** What a network costs, whatever its weights. */
  public static ModelCost cost(Network network) {
    long parameters = network.parameterCount();
    return new ModelCost(parameters, network.multiplyAdds(), Float.BYTES * parameters);
  }
}
