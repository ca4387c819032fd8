package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Layers one after the other beside a connection that skips them: x + f(x). Since each unit also
 * has the one that it is added to, none of them is dead for want of weights in f.
 *
 * @param layers f, at least one layer
 */
public record Residual(List<Layer> layers) implements Layer {

  /** Copies the list. */
  public Residual {
    layers = List.copyOf(layers);
  }

  /** Of the layers given. */
  public Residual(Layer... layers) {
    this(List.of(layers));
  }

  @Override
  public Shape outputShape(Shape input) {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.outputShape(shape);
    }
    if (!shape.equals(input)) {
      throw new IllegalArgumentException(
          "The layers beside a skip connection must keep the shape, but make "
              + shape
              + " of "
              + input);
    }
    return shape;
  }

  @Override
  public List<ParameterBlock> parameters() {
    return layers.stream().flatMap(layer -> layer.parameters().stream()).toList();
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node y = x;
    for (Layer layer : layers) {
      y = layer.forward(y, weights);
    }
    return new Add(x, y);
  }
}
