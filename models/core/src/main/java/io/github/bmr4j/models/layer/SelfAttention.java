package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Attention;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Self-attention with several heads (Vaswani et al. 2017): one dense layer makes queries, keys and
 * values, in this order and head by head; another one mixes what the heads give.
 *
 * @param name in files and reports
 * @param width of a token
 * @param heads how many
 * @param size of a head's queries, keys and values
 */
public record SelfAttention(String name, int width, int heads, int size) implements Layer {

  /**
   * @throws IllegalArgumentException if a number is below 1
   */
  public SelfAttention {
    if (heads < 1 || width < 1 || size < 1) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs a width, heads and a size of them of at least 1, but has "
              + width
              + ", "
              + heads
              + " and "
              + size);
    }
  }

  /**
   * Heads that share the width.
   *
   * @throws IllegalArgumentException if they do not divide it
   */
  public SelfAttention(String name, int width, int heads) {
    if (heads < 1 || width < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "Layer " + name + " needs heads that divide its width " + width + ", but has " + heads);
    }
    this(name, width, heads, width / heads);
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 2 || input.extent(1) != width) {
      throw new IllegalArgumentException(
          "Layer " + name + " takes [tokens, " + width + "], but gets " + input);
    }
    return input;
  }

  /** Queries, keys and values of all heads: [3 · heads · size, width]. */
  public ParameterBlock projections() {
    return new ParameterBlock(name + ".qkv", 3 * heads * size, width, true);
  }

  /** What joins the heads: [width, heads · size]. */
  public ParameterBlock mixing() {
    return new ParameterBlock(name + ".proj", width, heads * size, true);
  }

  @Override
  public long multiplyAdds(Shape input) {
    long tokens = input.extent(0);
    return 4 * tokens * width * heads * size + 2 * tokens * tokens * heads * size;
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(projections(), mixing());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    int batch = x.shape().extent(0);
    int tokens = x.shape().extent(1);
    Node rows = View.reshape(x, Shape.of(batch * tokens, width));
    Node projected = weights.linear(rows, projections());
    Node attended =
        new Attention(View.reshape(projected, Shape.of(batch, tokens, 3 * heads * size)), heads);
    Node joined = View.reshape(attended, Shape.of(batch * tokens, heads * size));
    return View.reshape(weights.linear(joined, mixing()), x.shape());
  }
}
