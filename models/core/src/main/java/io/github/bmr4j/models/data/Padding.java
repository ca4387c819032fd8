package io.github.bmr4j.models.data;

/** Images in the middle of larger ones. */
public final class Padding {

  private Padding() {}

  /**
   * Puts each image into the middle of a larger one of zeros. Marković, Friston and Kiebel (2024)
   * do so <em>after</em> standardization (28×28 into 32×32), so it is the mean that surrounds the
   * image.
   *
   * @param dataset of images
   * @param height of the larger image; the odd row, if any, goes below
   * @param width of the larger image; the odd column, if any, goes to the right
   */
  public static Dataset zeros(Dataset dataset, int height, int width) {
    InputShape from = dataset.inputShape();
    if (height < from.height() || width < from.width()) {
      throw new IllegalArgumentException(
          dataset + " cannot be padded to the smaller " + height + "×" + width);
    }
    InputShape to = new InputShape(from.channels(), height, width);
    int top = (height - from.height()) / 2;
    int left = (width - from.width()) / 2;
    float[] image = new float[from.size()];
    float[] padded = new float[Math.multiplyExact(dataset.size(), to.size())];
    for (int i = 0; i < dataset.size(); i++) {
      dataset.copyFeatures(i, 1, image, 0);
      for (int line = 0; line < from.channels() * from.height(); line++) {
        int channel = line / from.height();
        int y = line % from.height() + top;
        int target = i * to.size() + (channel * height + y) * width + left;
        System.arraycopy(image, line * from.width(), padded, target, from.width());
      }
    }
    return dataset.withFeatures(to, padded);
  }
}
