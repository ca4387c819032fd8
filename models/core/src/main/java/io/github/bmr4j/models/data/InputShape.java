package io.github.bmr4j.models.data;

/**
 * What one example's features are: an image, or a plain row of numbers as one of height and width
 * 1.
 *
 * @param channels of the image, or features of the row; at least 1
 * @param height in pixels, at least 1
 * @param width in pixels, at least 1
 */
public record InputShape(int channels, int height, int width) {

  /** Checks the domains. */
  public InputShape {
    if (channels < 1 || height < 1 || width < 1) {
      throw new IllegalArgumentException(
          "Channels, height and width must be at least 1, but are "
              + channels
              + ", "
              + height
              + " and "
              + width);
    }
    Math.multiplyExact(Math.multiplyExact(channels, height), width);
  }

  /**
   * The shape of a plain row.
   *
   * @param features how many numbers, at least 1
   */
  public static InputShape row(int features) {
    return new InputShape(features, 1, 1);
  }

  /** How many numbers an example has. */
  public int size() {
    return channels * height * width;
  }

  /** Whether it is an image rather than a plain row. */
  public boolean isImage() {
    return height > 1 || width > 1;
  }

  @Override
  public String toString() {
    return isImage() ? channels + "×" + height + "×" + width : String.valueOf(channels);
  }
}
