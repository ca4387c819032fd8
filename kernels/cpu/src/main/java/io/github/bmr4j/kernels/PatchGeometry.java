package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * Where the elements of a convolution's patches lie: a patch is what the window sees of all
 * channels of a group for one pixel of the output. Made once for each shape.
 *
 * <p>Images with padding are first staged: copied into the middle of zeros. Where in addition the
 * pixels of an output row are to be read side by side, an image is split into as many phases as the
 * stride has, phase (u, v) having the rows with number mod stride = u and the columns with number
 * mod stride = v. After that element k of the patch of pixel (i, j) is at {@code i * rowStep + j *
 * columnStep + offset(k)}, without any special case at the borders.
 */
final class PatchGeometry {

  /** Pixels for which patches are gathered at a time, at least, if there are as many. */
  private static final int BLOCK = 256;

  final ConvolutionShape shape;

  /** Offset of each element of a patch, those of the window side by side for each channel. */
  final int[] offsets;

  /** The largest of them. */
  final int lastOffset;

  final int rowStep;
  final int columnStep;

  /** Whether images are read where they are. */
  final boolean direct;

  /** Elements of one staged image of one group; distance of images where they are. */
  final int imageStride;

  /** Images of a block of work: a function of the shape alone. */
  final int blockImages;

  private final int verticalPhases;
  private final int horizontalPhases;
  private final int planeHeight;
  private final int planeWidth;

  /**
   * @param shape the sizes
   * @param sideBySide whether the elements that pixels of one output row have at the same place of
   *     their patches are to lie side by side, whatever the stride
   */
  PatchGeometry(ConvolutionShape shape, boolean sideBySide) {
    Window w = shape.window();
    this.shape = shape;
    verticalPhases = sideBySide ? w.verticalStride() : 1;
    horizontalPhases = sideBySide ? w.horizontalStride() : 1;
    planeHeight = Math.ceilDiv(shape.height() + 2 * w.verticalPadding(), verticalPhases);
    planeWidth = Math.ceilDiv(shape.width() + 2 * w.horizontalPadding(), horizontalPhases);
    rowStep = w.verticalStride() / verticalPhases * planeWidth;
    columnStep = w.horizontalStride() / horizontalPhases;
    direct =
        verticalPhases * horizontalPhases == 1 && w.verticalPadding() + w.horizontalPadding() == 0;
    imageStride =
        direct
            ? shape.channels() * shape.height() * shape.width()
            : shape.groupChannels() * channelSize();
    blockImages = Math.max(1, Math.min(shape.batch(), Math.ceilDiv(BLOCK, shape.outputPixels())));
    offsets = new int[shape.filterSize()];
    for (int k = 0; k < offsets.length; k++) {
      int row = k / w.width() % w.height();
      int column = k % w.width();
      offsets[k] = place(k / w.size(), row, column);
    }
    lastOffset = Arrays.stream(offsets).max().orElse(0);
  }

  private int channelSize() {
    return verticalPhases * horizontalPhases * planeHeight * planeWidth;
  }

  /** Index of a staged element, by row and column of the padded image. */
  private int place(int channel, int row, int column) {
    int phase = row % verticalPhases * horizontalPhases + column % horizontalPhases;
    return channel * channelSize()
        + phase * planeHeight * planeWidth
        + row / verticalPhases * planeWidth
        + column / horizontalPhases;
  }

  /** Number of blocks of images. */
  int blocks() {
    return Math.ceilDiv(shape.batch(), blockImages);
  }

  /** Index of the first element of an image and group, relative to the first image's. */
  int imageStart(int image, int group) {
    return (image * shape.channels() + group * shape.groupChannels())
        * shape.height()
        * shape.width();
  }

  /**
   * Copies one group's channels of an image into staged memory, whose padding is 0 already.
   *
   * @param x the images
   * @param from first element of the image and group
   * @param staged takes it
   * @param to its first element there
   */
  void stage(float[] x, int from, float[] staged, int to) {
    int width = shape.width();
    for (int line = 0; line < shape.groupChannels() * shape.height(); line++) {
      int start = from + line * width;
      for (int first = 0; first < horizontalPhases; first++) {
        int at = to + linePlace(line, first);
        if (horizontalPhases == 1) {
          System.arraycopy(x, start, staged, at, width);
        } else {
          for (int j = first; j < width; j += horizontalPhases) {
            staged[at++] = x[start + j];
          }
        }
      }
    }
  }

  /** The reverse of {@link #stage} for gradients: what fell on the padding is dropped. */
  void unstage(float[] staged, int from, float[] x, int to, boolean accumulate) {
    int width = shape.width();
    for (int line = 0; line < shape.groupChannels() * shape.height(); line++) {
      int start = to + line * width;
      for (int first = 0; first < horizontalPhases; first++) {
        int at = from + linePlace(line, first);
        if (horizontalPhases == 1 && !accumulate) {
          System.arraycopy(staged, at, x, start, width);
        } else {
          for (int j = first; j < width; j += horizontalPhases) {
            x[start + j] = accumulate ? x[start + j] + staged[at] : staged[at];
            at++;
          }
        }
      }
    }
  }

  /** Where the columns first, first + phases, … of a line of the image begin in staged memory. */
  private int linePlace(int line, int first) {
    Window w = shape.window();
    int row = line % shape.height() + w.verticalPadding();
    return place(line / shape.height(), row, first + w.horizontalPadding());
  }
}
