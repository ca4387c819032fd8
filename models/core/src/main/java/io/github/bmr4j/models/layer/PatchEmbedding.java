package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Permute;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import java.util.List;

/**
 * Cuts an image into squares, in reading order, and makes a token of each by one dense layer. The
 * pixels of a square come row by row, the channels of a pixel together (Dosovitskiy et al. 2021).
 *
 * @param name in files and reports
 * @param patch height and width of a square
 * @param channels of the image
 * @param width of a token
 */
public record PatchEmbedding(String name, int patch, int channels, int width) implements Layer {

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 3
        || input.extent(0) != channels
        || input.extent(1) % patch != 0
        || input.extent(2) % patch != 0) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " takes ["
              + channels
              + ", height, width] with multiples of "
              + patch
              + ", but gets "
              + input);
    }
    return Shape.of(input.extent(1) / patch * (input.extent(2) / patch), width);
  }

  /** The only block. */
  public ParameterBlock block() {
    return new ParameterBlock(name, width, patch * patch * channels, true);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  @Override
  public long multiplyAdds(Shape input) {
    return (long) outputShape(input).size() * block().columns();
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    int batch = x.shape().extent(0);
    int rows = x.shape().extent(2) / patch;
    int columns = x.shape().extent(3) / patch;
    Node squares = View.reshape(x, Shape.of(batch, channels, rows, patch, columns, patch));
    Node pixels = new Permute(squares, 0, 2, 4, 3, 5, 1);
    Node flat = View.reshape(pixels, Shape.of(batch * rows * columns, block().columns()));
    Node tokens = weights.linear(flat, block());
    return View.reshape(tokens, Shape.of(batch, rows * columns, width));
  }
}
