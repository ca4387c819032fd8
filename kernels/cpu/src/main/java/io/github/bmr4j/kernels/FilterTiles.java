package io.github.bmr4j.kernels;

/**
 * The weights of a convolution as {@link DirectTiles} takes them: the filters of each group cut
 * into tiles of nearly the same number, and in each tile element by element of the patch.
 */
final class FilterTiles {

  /**
   * Elements of a patch that one chain of packed products has, too: longer ones have other bits.
   */
  static final int LONGEST_PATCH = 256;

  private int[] offsets = new int[0];
  private float[] packed = new float[0];
  private int groupFilters;
  private int patch;
  private int tiles;

  /**
   * Packs the weights.
   *
   * @param height rows from one channel of what is convolved to the next
   * @param width pixels of such a row
   * @param scale floats of such a pixel
   */
  void pack(ConvolutionShape shape, Slice weights, int height, int width, int scale) {
    groupFilters = shape.groupFilters();
    patch = shape.filterSize();
    tiles = Math.ceilDiv(groupFilters, DirectTiles.FILTERS);
    offsets = offsets(shape, height, width, scale, offsets);
    int needed = shape.weightSize() + MatrixPacking.SLACK;
    if (packed.length < needed) {
      packed = new float[needed];
    }
    for (int group = 0; group < shape.groups(); group++) {
      for (int tile = 0; tile < tiles; tile++) {
        int filter = first(group, tile);
        int filters = count(tile);
        int from = weights.offset() + filter * patch;
        MatrixPacking.rows(
            weights.array(), from, patch, filters, patch, packed, filter * patch, filters);
      }
    }
  }

  /**
   * Of the elements of a patch [channels of the group, window height, window width], where they lie
   * from its beginning.
   *
   * @param height rows from one channel of what is convolved to the next
   * @param width pixels of such a row
   * @param scale floats of such a pixel
   * @param room taken if it is long enough
   */
  static int[] offsets(ConvolutionShape shape, int height, int width, int scale, int[] room) {
    int[] offsets = room.length < shape.filterSize() ? new int[shape.filterSize()] : room;
    int at = 0;
    for (int c = 0; c < shape.groupChannels(); c++) {
      for (int u = 0; u < shape.window().height(); u++) {
        for (int v = 0; v < shape.window().width(); v++) {
          offsets[at++] = ((c * height + u) * width + v) * scale;
        }
      }
    }
    return offsets;
  }

  /** Number of tiles of a group. */
  int tiles() {
    return tiles;
  }

  /** The first filter of a tile. */
  int first(int group, int tile) {
    return group * groupFilters + tile * groupFilters / tiles;
  }

  /** Number of filters of a tile. */
  int count(int tile) {
    return (tile + 1) * groupFilters / tiles - tile * groupFilters / tiles;
  }

  /** {@link DirectTiles#convolve} with the weights of a tile. */
  void convolve(
      int group,
      int tile,
      float[] image,
      int first,
      int second,
      int third,
      float[] line,
      int lineStart,
      int pitch) {
    DirectTiles.convolve(
        image,
        first,
        second,
        third,
        offsets,
        patch,
        packed,
        first(group, tile) * patch,
        count(tile),
        line,
        lineStart,
        pitch);
  }
}
