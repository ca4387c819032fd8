package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;

/**
 * Layers one after the other beside a connection that skips them: g(x) + f(x), where g as a rule is
 * x itself. Since each unit also has the one that it is added to, none of them is dead for want of
 * weights in f.
 *
 * @param layers f, at least one layer
 * @param shortcut g; empty for x
 */
public record Residual(List<Layer> layers, List<Layer> shortcut) implements Layer {

  /** Copies the lists. */
  public Residual {
    layers = List.copyOf(layers);
    shortcut = List.copyOf(shortcut);
  }

  /** Of the layers given. */
  public Residual(Layer... layers) {
    this(List.of(layers), List.of());
  }

  @Override
  public Shape outputShape(Shape input) {
    Shape shape = shapeBehind(layers, input);
    Shape skipped = shapeBehind(shortcut, input);
    if (!shape.equals(skipped)) {
      throw new IllegalArgumentException(
          "What is added at a skip connection must have one shape, but the layers make "
              + shape
              + " of "
              + input
              + ", the shortcut "
              + skipped);
    }
    return shape;
  }

  private static Shape shapeBehind(List<Layer> layers, Shape input) {
    Shape shape = input;
    for (Layer layer : layers) {
      shape = layer.outputShape(shape);
    }
    return shape;
  }

  @Override
  public Stream<Layer> parts() {
    return Stream.concat(layers.stream(), shortcut.stream()).flatMap(Layer::parts);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return parts().flatMap(layer -> layer.parameters().stream()).toList();
  }

  @Override
  public long multiplyAdds(Shape input) {
    return multiplyAdds(layers, input) + multiplyAdds(shortcut, input);
  }

  private static long multiplyAdds(List<Layer> layers, Shape input) {
    long sum = 0;
    Shape shape = input;
    for (Layer layer : layers) {
      sum += layer.multiplyAdds(shape);
      shape = layer.outputShape(shape);
    }
    return sum;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return new Add(forward(shortcut, x, weights), forward(layers, x, weights));
  }

  private static Node forward(List<Layer> layers, Node x, WeightSource weights) {
    Node y = x;
    for (Layer layer : layers) {
      y = layer.forward(y, weights);
    }
    return y;
  }
}
