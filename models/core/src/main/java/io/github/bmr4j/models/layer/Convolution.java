package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.Window;
import java.util.List;

/**
 * A two-dimensional convolution. Its units are the filters.
 *
 * @param name in files and reports
 * @param channels of the images that come in
 * @param filters channels of the images that go out
 * @param window size, stride and padding
 * @param groups of channels and filters that have nothing to do with each other; 1 as a rule
 * @param bias whether each filter has one
 */
public record Convolution(
    String name, int channels, int filters, Window window, int groups, boolean bias)
    implements Layer {

  /**
   * @throws IllegalArgumentException if a number is below 1, or the groups do not divide channels
   *     and filters
   */
  public Convolution {
    if (channels < 1 || filters < 1 || groups < 1 || channels % groups + filters % groups != 0) {
      throw new IllegalArgumentException(
          "Layer "
              + name
              + " needs at least 1 channel, filter and group, and groups that divide channels and"
              + " filters, but has "
              + channels
              + ", "
              + filters
              + " and "
              + groups);
    }
  }

  /** With a bias for each filter. */
  public Convolution(String name, int channels, int filters, Window window, int groups) {
    this(name, channels, filters, window, groups, true);
  }

  /** One group with biases, moving by one and without padding. */
  public Convolution(String name, int channels, int filters, int size) {
    this(name, channels, filters, Window.square(size), 1);
  }

  @Override
  public Shape outputShape(Shape input) {
    if (input.rank() != 3 || input.extent(0) != channels) {
      throw new IllegalArgumentException(
          "Layer " + name + " takes [" + channels + ", height, width], but gets " + input);
    }
    ConvolutionShape sizes =
        new ConvolutionShape(
            1, channels, input.extent(1), input.extent(2), filters, groups, window);
    return Shape.of(filters, sizes.outputHeight(), sizes.outputWidth());
  }

  /** The only block. */
  public ParameterBlock block() {
    Shape weights = Shape.of(filters, channels / groups, window.height(), window.width());
    return new ParameterBlock(name, weights, bias);
  }

  @Override
  public List<ParameterBlock> parameters() {
    return List.of(block());
  }

  /** With several groups a filter sees only some of the channels. */
  @Override
  public boolean isChainLink() {
    return groups == 1;
  }

  @Override
  public long multiplyAdds(Shape input) {
    return (long) outputShape(input).size() * block().columns();
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    return weights.convolution(x, block(), window, groups);
  }
}
