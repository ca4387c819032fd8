package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * A fully connected layer, y = x Wᵀ + b, on the last axis: of a vector, or of each token alike.
 *
 * @param name in files and reports
 * @param inputs number of inputs
 * @param outputs number of output units
 */
public record Dense(String name, int inputs, int outputs) implements Layer {

  /**
   * @throws IllegalArgumentException if a size is below 1
   */
  public Dense {
    if (inputs < 1 || outputs < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs at least 1 input and 1 output, but has "
              + inputs
              + " and "
              + outputs);
    }
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() < 1 || input.rank() > 2 || input.extent(-1) != inputs) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " takes ["
              + inputs
              + "] or [tokens, "
              + inputs
              + "], but gets "
              + input);
    }
    return input.rank() == 1 ? Shape.of(outputs) : Shape.of(input.extent(0), outputs);
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, outputs, inputs, true);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public boolean isChainLink() {
    return true;
  }

  @Override
  public long multiplyAdds(Shape input) {
    return (long) input.size() * outputs;
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    if (x.shape().rank() == 2) {
      return weights.linear(x, block());
    }
    int batch = x.shape().extent(0);
    int tokens = x.shape().extent(1);
    Node rows = View.reshape(x, Shape.of(batch * tokens, inputs));
    return View.reshape(weights.linear(rows, block()), Shape.of(batch, tokens, outputs));
  }
}
