package io.github.bmr4j.kernels;

/**
 * The sizes of a pooling: [planes, height, width] in, [planes, {@link #outputHeight}, {@link
 * #outputWidth}] out, row-major.
 *
 * @param planes channels of all images of the batch, at least 0
 * @param height of a plane that comes in
 * @param width of a plane that comes in
 * @param window size, stride and padding
 */
public record PoolingShape(int planes, int height, int width, Window window) {

  /**
   * @throws IllegalArgumentException if a size is out of range or the window does not fit
   * @throws ArithmeticException if a tensor would have more than 2³¹ − 1 elements
   */
  public PoolingShape {
    if (planes < 0) {
      throw new IllegalArgumentException("A pooling needs planes >= 0, but has " + planes);
    }
    int outputs = Math.multiplyExact(window.outputHeight(height), window.outputWidth(width));
    Math.multiplyExact(planes, Math.multiplyExact(height, width));
    Math.multiplyExact(planes, outputs);
  }

  /** Rows of a plane that goes out. */
  public int outputHeight() {
    return window.outputHeight(height);
  }

  /** Columns of a plane that goes out. */
  public int outputWidth() {
    return window.outputWidth(width);
  }

  /** Elements of all planes that come in. */
  public int inputSize() {
    return planes * height * width;
  }

  /** Elements of all planes that go out. */
  public int outputSize() {
    return planes * outputHeight() * outputWidth();
  }
}
