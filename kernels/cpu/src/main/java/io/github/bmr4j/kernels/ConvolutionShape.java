package io.github.bmr4j.kernels;

/**
 * The sizes of a two-dimensional convolution: images [batch, channels, height, width] in, images
 * [batch, filters, {@link #outputHeight}, {@link #outputWidth}] out, weights [filters, channels /
 * groups, window height, window width], all row-major. With groups, the filters of the g-th group
 * see the channels of the g-th group only.
 *
 * @param batch number of images, at least 0
 * @param channels of an image that comes in, a multiple of {@code groups}
 * @param height of an image that comes in
 * @param width of an image that comes in
 * @param filters channels of an image that goes out, a multiple of {@code groups}
 * @param groups at least 1
 * @param window size, stride and padding of the filters
 */
public record ConvolutionShape(
    int batch, int channels, int height, int width, int filters, int groups, Window window) {

  /**
   * @throws IllegalArgumentException if a size is out of range, the groups do not divide channels
   *     and filters, or the window does not fit
   * @throws ArithmeticException if a tensor would have more than 2³¹ − 1 elements
   */
  public ConvolutionShape {
    if (batch < 0 || channels < 1 || filters < 1 || groups < 1) {
      throw new IllegalArgumentException(
          "A convolution needs batch >= 0 and at least 1 channel, filter and group, but has batch = "
              + batch
              + ", channels = "
              + channels
              + ", filters = "
              + filters
              + ", groups = "
              + groups);
    }
    if (channels % groups != 0 || filters % groups != 0) {
      throw new IllegalArgumentException(
          "The "
              + groups
              + " groups of a convolution must divide its channels and filters, but these are "
              + channels
              + " and "
              + filters);
    }
    int outputs = Math.multiplyExact(window.outputHeight(height), window.outputWidth(width));
    Math.multiplyExact(batch, Math.multiplyExact(channels, Math.multiplyExact(height, width)));
    Math.multiplyExact(batch, Math.multiplyExact(filters, outputs));
    Math.multiplyExact(filters, Math.multiplyExact(channels / groups, window.size()));
  }

  /** Rows of an image that goes out. */
  public int outputHeight() {
    return window.outputHeight(height);
  }

  /** Columns of an image that goes out. */
  public int outputWidth() {
    return window.outputWidth(width);
  }

  /** Pixels of one channel of an image that goes out. */
  public int outputPixels() {
    return outputHeight() * outputWidth();
  }

  /** Channels that one filter sees. */
  public int groupChannels() {
    return channels / groups;
  }

  /** Filters of one group. */
  public int groupFilters() {
    return filters / groups;
  }

  /** Weights of one filter. */
  public int filterSize() {
    return groupChannels() * window.size();
  }

  /** Elements of all images that come in. */
  public int inputSize() {
    return batch * channels * height * width;
  }

  /** Elements of all images that go out. */
  public int outputSize() {
    return batch * filters * outputPixels();
  }

  /** Elements of the weights. */
  public int weightSize() {
    return filters * filterSize();
  }

  /** Floating-point operations of one pass: two for each product of a pixel and a weight. */
  public double operations() {
    return 2.0 * outputSize() * filterSize();
  }
}
