package io.github.bmr4j.kernels;

/**
 * The rectangle that a convolution or a pooling moves over an image, how far it moves from one
 * output to the next, and how many rows and columns of padding it finds around the image.
 *
 * @param height rows of the rectangle, at least 1
 * @param width columns of the rectangle, at least 1
 * @param verticalStride rows from one output to the one below, at least 1
 * @param horizontalStride columns from one output to the next, at least 1
 * @param verticalPadding rows of padding above the image, and as many below, 0 to {@code height −
 *     1}
 * @param horizontalPadding columns of padding left of the image, and as many right of it, 0 to
 *     {@code width − 1}
 */
public record Window(
    int height,
    int width,
    int verticalStride,
    int horizontalStride,
    int verticalPadding,
    int horizontalPadding) {

  /**
   * @throws IllegalArgumentException if a number is out of its range; so no window lies wholly in
   *     the padding above or left of the image
   */
  public Window {
    checkAxis("height", height, "vertical", verticalStride, verticalPadding);
    checkAxis("width", width, "horizontal", horizontalStride, horizontalPadding);
  }

  private static void checkAxis(String name, int extent, String axis, int stride, int padding) {
    if (extent < 1 || stride < 1 || padding < 0 || padding >= extent) {
      throw new IllegalArgumentException(
          "A window needs "
              + name
              + " >= 1, a "
              + axis
              + " stride >= 1 and a "
              + axis
              + " padding from 0 to "
              + name
              + " - 1, but has "
              + name
              + " = "
              + extent
              + ", stride = "
              + stride
              + ", padding = "
              + padding);
    }
  }

  /** A square that moves by one and sees no padding: the usual kernel of a convolution. */
  public static Window square(int size) {
    return square(size, 1, 0);
  }

  /** A square with the same stride and the same padding along both axes. */
  public static Window square(int size, int stride, int padding) {
    return new Window(size, size, stride, stride, padding, padding);
  }

  /** Squares side by side: the usual pooling. */
  public static Window tiles(int size) {
    return square(size, size, 0);
  }

  /** Number of elements. */
  public int size() {
    return height * width;
  }

  /**
   * How many windows lie one below the other in an image.
   *
   * @param imageHeight rows of the image
   * @throws IllegalArgumentException if not even one fits
   */
  public int outputHeight(int imageHeight) {
    return outputs("height", height, imageHeight, verticalStride, verticalPadding);
  }

  /**
   * How many windows lie side by side in an image.
   *
   * @param imageWidth columns of the image
   * @throws IllegalArgumentException if not even one fits
   */
  public int outputWidth(int imageWidth) {
    return outputs("width", width, imageWidth, horizontalStride, horizontalPadding);
  }

  private static int outputs(String axis, int extent, int image, int stride, int padding) {
    long room = (long) image + 2L * padding - extent;
    if (image < 1 || room < 0) {
      throw new IllegalArgumentException(
          "A window of "
              + axis
              + " "
              + extent
              + " does not fit into an image of "
              + axis
              + " "
              + image
              + " with "
              + padding
              + " of padding on either side; take a larger image, a smaller window or more padding");
    }
    return (int) (room / stride) + 1;
  }
}
