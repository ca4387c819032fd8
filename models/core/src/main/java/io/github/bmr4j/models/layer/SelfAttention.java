package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.BatchedProduct;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Softmax;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Self-attention with several heads (Vaswani et al. 2017): one dense layer makes queries, keys and
 * values, in this order and head by head; another one mixes what the heads give.
 *
 * @param name in files and reports
 * @param width of a token
 * @param heads that divide it
 */
public record SelfAttention(String name, int width, int heads) implements Layer {

  /**
   * @throws IllegalArgumentException if the heads do not divide the width
   */
  public SelfAttention {
    if (heads < 1 || width < 1 || width % heads != 0) {
      throw new IllegalArgumentException(
          "Layer " + name + " needs heads that divide its width " + width + ", but has " + heads);
    }
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 2 || input.extent(1) != width) {
      throw new IllegalArgumentException(
          "Layer " + name + " takes [tokens, " + width + "], but gets " + input);
    }
    return input;
  }

  private ParameterBlock projections() {
    return new ParameterBlock(name + ".qkv", 3 * width, width, true);
  }

  private ParameterBlock mixing() {
    return new ParameterBlock(name + ".proj", width, width, true);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(projections(), mixing());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    int batch = x.shape().extent(0);
    int tokens = x.shape().extent(1);
    int size = width / heads;
    Node rows = View.reshape(x, Shape.of(batch * tokens, width));
    Node projected = weights.linear(rows, projections());
    Node byHead =
        new Permute(
            View.reshape(projected, Shape.of(batch, tokens, 3, heads, size)), 2, 0, 3, 1, 4);
    Shape one = Shape.of(batch * heads, tokens, size);
    Node queries = new View(byHead, 0, one);
    Node keys = new View(byHead, one.size(), one);
    Node values = new View(byHead, 2 * one.size(), one);
    Node scores = new BatchedProduct(queries, keys, true);
    Node attention = new Softmax(new Scale((float) (1 / Math.sqrt(size)), scores));
    Node mixed = new BatchedProduct(attention, values, false);
    Node byToken =
        new Permute(View.reshape(mixed, Shape.of(batch, heads, tokens, size)), 0, 2, 1, 3);
    Node joined = View.reshape(byToken, Shape.of(batch * tokens, width));
    return View.reshape(weights.linear(joined, mixing()), x.shape());
  }
}
