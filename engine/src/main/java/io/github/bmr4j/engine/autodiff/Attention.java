package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.AttentionShape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * Scaled dot-product attention with several heads (Vaswani et al. 2017, equation 1) from queries,
 * keys and values side by side. No memory is taken that grows with the tokens squared.
 */
public final class Attention extends Node {

  private final AttentionShape shape;

  /** What the pullback needs of the forward pass beside its result. */
  private Slice normalizers;

  /**
   * @param projections [examples, tokens, 3 · heads · size]: queries, keys and values, in this
   *     order and head by head
   * @param heads how many
   */
  public Attention(Node projections, int heads) {
    super(shape(projections.shape(), heads), projections);
    Shape given = projections.shape();
    int size = given.extent(2) / (3 * heads);
    shape = new AttentionShape(given.extent(0), given.extent(1), heads, size);
  }

  private static Shape shape(Shape given, int heads) {
    require(
        heads >= 1 && given.rank() == 3 && given.extent(2) % (3 * heads) == 0,
        "Attention needs [examples, tokens, 3 * heads * size], but got %s for %s heads",
        given,
        heads);
    return Shape.of(given.extent(0), given.extent(1), given.extent(2) / 3);
  }

  @Override
  protected void forward(Backend backend) {
    if (normalizers == null) {
      int length = shape.normalizers();
      normalizers = new Slice(backend.memory().allocate(length), 0, length);
    }
    backend.attention().attend(shape, input(0).matrix(), value().matrix(), normalizers);
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .attention()
          .attendPullback(
              shape,
              input(0).matrix(),
              value().matrix(),
              normalizers,
              gradient().matrix(),
              inputGradient(0).matrix(),
              accumulates(0));
    }
  }
}
