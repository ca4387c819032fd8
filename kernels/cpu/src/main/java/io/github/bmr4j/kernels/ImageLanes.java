package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Images side by side: of some rows of a convolution's images, pixel by pixel, the numbers of as
 * many images as there are lanes. So every window, stride and border is the same for all lanes, and
 * no lane is idle, whatever the width of a row.
 */
final class ImageLanes {

  /** Floats that are brought side by side at a time: half of a second-level cache. */
  static final int MOST_STAGED = 1 << 17;

  private final int lanes;
  private ConvolutionShape shape;
  private int rows;
  private int width;

  /**
   * Of each position of a band, where its patch begins; the last one's is there again and again.
   */
  private int[] starts = new int[0];

  /**
   * @param lanes images side by side
   */
  ImageLanes(int lanes) {
    this.lanes = lanes;
  }

  /** Floats of the images' rows, with borders, that some rows of the outputs are computed from. */
  static long size(ConvolutionShape shape, int outputRows, int lanes) {
    long width = shape.width() + 2L * shape.window().horizontalPadding();
    return width * shape.groupChannels() * inputRows(shape, outputRows) * lanes;
  }

  private static int inputRows(ConvolutionShape shape, int outputRows) {
    return (outputRows - 1) * shape.window().verticalStride() + shape.window().height();
  }

  /** Whether at most a quarter of the lanes are without an image. */
  static boolean fill(int batch, int lanes) {
    return batch > 0 && 4L * batch >= 3L * Math.ceilDiv(batch, lanes) * lanes;
  }

  /**
   * Says what {@link #stage} is called for.
   *
   * @param bandRows rows of the outputs, at most
   * @param positions of the outputs that {@link #starts} are asked for, at least those of the rows
   */
  void use(ConvolutionShape shape, int bandRows, int positions) {
    this.shape = shape;
    Window window = shape.window();
    rows = inputRows(shape, bandRows);
    width = shape.width() + 2 * window.horizontalPadding();
    if (starts.length < positions) {
      starts = new int[positions];
    }
    int last = bandRows * shape.outputWidth() - 1;
    for (int p = 0; p < positions; p++) {
      int row = Math.min(p, last) / shape.outputWidth();
      int column = Math.min(p, last) % shape.outputWidth();
      starts[p] =
          (row * window.verticalStride() * width + column * window.horizontalStride()) * lanes;
    }
  }

  /** Rows of the images, with borders. */
  int rows() {
    return rows;
  }

  /** Pixels of a row, with borders. */
  int width() {
    return width;
  }

  /** Of each position of the outputs, where its patch begins in what is staged. */
  int[] starts() {
    return starts;
  }

  /**
   * Brings the rows that a band of outputs is computed from side by side; zeros beyond the borders.
   * Lanes without an image have anything.
   *
   * @param x the images
   * @param image number of the first
   * @param images how many
   * @param group whose channels
   * @param firstRow of the outputs
   * @param staged takes [channels of the group, rows, width, lanes]
   */
  void stage(Slice x, int image, int images, int group, int firstRow, float[] staged) {
    Window window = shape.window();
    int plane = shape.height() * shape.width();
    int top = firstRow * window.verticalStride() - window.verticalPadding();
    int from = Math.clamp(-top, 0, rows);
    int to = Math.max(from, Math.min(rows, shape.height() - top));
    int border = window.horizontalPadding();
    int row = width * lanes;
    for (int c = 0; c < shape.groupChannels(); c++) {
      int channel = group * shape.groupChannels() + c;
      int source = x.offset() + (image * shape.channels() + channel) * plane + top * shape.width();
      int start = c * rows * row;
      Arrays.fill(staged, start, start + from * row, 0f);
      Arrays.fill(staged, start + to * row, start + rows * row, 0f);
      if (border == 0) {
        interleave(
            x,
            source + from * shape.width(),
            images,
            (to - from) * shape.width(),
            staged,
            start + from * row);
        continue;
      }
      for (int u = from; u < to; u++) {
        int left = start + u * row;
        Arrays.fill(staged, left, left + border * lanes, 0f);
        interleave(
            x, source + u * shape.width(), images, shape.width(), staged, left + border * lanes);
        Arrays.fill(staged, left + row - border * lanes, left + row, 0f);
      }
    }
  }

  private void interleave(Slice x, int source, int images, int pixels, float[] staged, int at) {
    int stride = shape.channels() * shape.height() * shape.width();
    MatrixPacking.rows(x.array(), source, stride, images, pixels, staged, at, lanes);
  }
}
