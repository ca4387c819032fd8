package io.github.bmr4j.models.data;

/** Images in another size. */
public final class Resizing {

  /** Greys of a byte: what image libraries round to. */
  private static final double GREYS = 255;

  private Resizing() {}

  /**
   * Enlarges images by bilinear interpolation between the centres of pixels: columns first, then
   * rows, each rounded to one of 256 greys as image libraries do (the Python Imaging Library, by
   * which Wright, Igel and Selvan take 28×28 to 32×32).
   *
   * @param dataset of images with values in [0, 1]
   * @param height of the result, at least that of the images
   * @param width of the result, at least that of the images
   */
  public static Dataset bilinear(Dataset dataset, int height, int width) {
    InputShape from = dataset.inputShape();
    if (height < from.height() || width < from.width()) {
      throw new IllegalArgumentException(
          dataset + " cannot be enlarged to the smaller " + height + "×" + width);
    }
    InputShape to = new InputShape(from.channels(), height, width);
    Line rows = new Line(from.height(), height);
    Line columns = new Line(from.width(), width);
    float[] image = new float[from.size()];
    float[] wide = new float[from.channels() * from.height() * width];
    float[] enlarged = new float[Math.multiplyExact(dataset.size(), to.size())];
    for (int i = 0; i < dataset.size(); i++) {
      dataset.copyFeatures(i, 1, image, 0);
      for (int line = 0; line < from.channels() * from.height(); line++) {
        columns.apply(image, line * from.width(), 1, wide, line * width, 1);
      }
      for (int line = 0; line < from.channels() * width; line++) {
        int channel = line / width;
        int column = line % width;
        int source = channel * from.height() * width + column;
        int target = i * to.size() + channel * height * width + column;
        rows.apply(wide, source, width, enlarged, target, width);
      }
    }
    return dataset.withFeatures(to, enlarged);
  }

  /** Enlarges both parts. */
  public static Split bilinear(Split split, int height, int width) {
    return new Split(bilinear(split.train(), height, width), bilinear(split.test(), height, width));
  }

  /** One line of pixels: each of the result lies between two of the original. */
  private static final class Line {

    private final int[] before;
    private final int[] after;
    private final double[] share;

    Line(int from, int to) {
      before = new int[to];
      after = new int[to];
      share = new double[to];
      for (int i = 0; i < to; i++) {
        double centre = Math.clamp((i + 0.5) * from / to - 0.5, 0, from - 1.0);
        before[i] = (int) centre;
        after[i] = Math.min(from - 1, before[i] + 1);
        share[i] = centre - before[i];
      }
    }

    void apply(float[] x, int at, int step, float[] y, int to, int stepTo) {
      for (int i = 0; i < share.length; i++) {
        double value =
            (1 - share[i]) * x[at + before[i] * step] + share[i] * x[at + after[i] * step];
        y[to + i * stepTo] = (float) (Math.floor(value * GREYS + 0.5) / GREYS);
      }
    }
  }
}
