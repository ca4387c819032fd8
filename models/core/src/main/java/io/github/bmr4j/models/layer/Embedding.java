package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Gather;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * A learnt vector for each token of a vocabulary. Features are the tokens' numbers.
 *
 * @param name in files and reports
 * @param entries size of the vocabulary
 * @param width of a vector
 */
public record Embedding(String name, int entries, int width) implements Layer {

  /**
   * @throws IllegalArgumentException if a size is below 1
   */
  public Embedding {
    if (entries < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs at least 1 entry and a width of at least 1, but has "
              + entries
              + " and "
              + width);
    }
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 1) {
      throw new IllegalArgumentException("Layer " + name + " takes [tokens], but gets " + input);
    }
    return Shape.of(input.extent(0), width);
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, entries, width, false);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    Node block = weights.weights(block());
    return new Gather(View.reshape(block, Shape.of(entries, width)), x);
  }
}
