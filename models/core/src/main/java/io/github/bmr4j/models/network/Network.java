package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.WeightSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Layers one after the other. Immutable; the parameters are somewhere else.
 *
 * @param name for instance {@code mlp}
 * @param input shape of one example
 * @param layers at least one
 */
public record Network(String name, Shape input, List<Layer> layers) {

  /**
   * @throws IllegalArgumentException if a layer cannot take what the one before it gives, or two
   *     blocks of parameters have the same name
   */
  public Network {
    layers = List.copyOf(layers);
    Shape shape = input;
    Set<String> names = new HashSet<>();
    for (Layer layer : layers) {
      shape = layer.outputShape(shape);
      for (ParameterBlock block : layer.parameters()) {
        if (!names.add(block.layer())) {
          throw new IllegalArgumentException(
              "Network " + name + " has two layers with the name " + block.layer());
        }
      }
    }
  }

  /**
   * Shape of the input for a batch: [batch, input…].
   *
   * @param batch number of examples
   */
  public Shape batchShape(int batch) {
    int[] extents = new int[input.rank() + 1];
    extents[0] = batch;
    System.arraycopy(input.toArray(), 0, extents, 1, input.rank());
    return Shape.of(extents);
  }

  /** Shape of the output for one example. */
  public Shape output() {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.outputShape(shape);
    }
    return shape;
  }

  /** All simple layers, those inside others too, in the order of computation. */
  public List<Layer> parts() {
    return layers.stream().flatMap(Layer::parts).toList();
  }

  /** All blocks of parameters, from input to output. */
  public List<ParameterBlock> parameters() {
    return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  /** Number of parameters. */
  public long parameterCount() {
    return parameters().stream().mapToLong(ParameterBlock::size).sum();
  }

  /** Multiply-adds of products and convolutions for one example. */
  public long multiplyAdds() {
    long sum = 0;
    Shape shape = input;
    for (Layer layer : layers) {
      sum += layer.multiplyAdds(shape);
      shape = layer.outputShape(shape);
    }
    return sum;
  }

  /**
   * The network's output.
   *
   * @param x [batch, input shape…]
   * @param weights gives a node for each block
   */
  public Node forward(Node x, WeightSource weights) {
    Node y = x;
    for (Layer layer : layers) {
      y = layer.forward(y, weights);
    }
    return y;
  }

  /** Whether all layers with parameters are such that their units may be found dead. */
  public boolean isChain() {
    return layers.stream().allMatch(Layer::isChainLink);
  }

  /** Whether all activations map 0 to 0. */
  public boolean isZeroAtZero() {
    return layers.stream()
        .filter(Activation.class::isInstance)
        .map(l -> ((Activation) l).function())
        .noneMatch(f -> f == UnaryFunction.SIGMOID || f == UnaryFunction.SOFTPLUS);
  }
}
