package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * One layer of a network: a shape rule, the blocks of parameters that it needs, and how it computes
 * its output from them. Immutable; holds no parameters itself.
 */
public interface Layer {

  /**
   * Shape of the output for one example.
   *
   * @param input shape of the input for one example
   * @throws IllegalArgumentException if the layer cannot take it
   */
  Shape outputShape(Shape input);

  /**
   * Whether each unit of the layer depends on all units below, and without parameters on the one
   * unit below that it continues, so that dead units can be told from the weights alone.
   */
  default boolean isChainLink() {
    return false;
  }

  /** The blocks of parameters, in a fixed order; empty for layers without. */
  default List<ParameterBlock> parameters() {
    return List.of();
  }

  /** The layers that this one consists of, in the order of computation; itself if it is simple. */
  default Stream<Layer> parts() {
    return Stream.of(this);
  }

  /**
   * Multiply-adds of products and convolutions for one example.
   *
   * @param input shape of the input for one example
   */
  default long multiplyAdds(Shape input) {
    return 0;
  }

  /**
   * The layer's output.
   *
   * @param x [batch, input shape…]
   * @param weights gives a node for each block of {@link #parameters}
   * @return [batch, output shape…]
   */
  Node forward(Node x, WeightSource weights);
}
