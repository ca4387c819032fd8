package io.github.bmr4j.kernels;

/**
 * The forward pass of a convolution with few filters, such as pruning leaves: the images are read
 * where they are, since packing patches would cost more than the products. Each image is one line
 * of numbers; the output at position p of that line reads p + offset for each element of the patch,
 * also where a row's last columns see the next row, and those are left out when rows are stored.
 * The products are {@link DirectTiles}; then the bias is added.
 *
 * <p>Used while the pool's monitor is held.
 */
final class DirectConvolution {

  private static final int LANES = SimdSpecies.LANES;

  /** Positions of a tile. */
  private static final int POSITIONS = DirectTiles.VECTORS * LANES;

  /** Beyond, products of packed panels are faster. */
  private static final int MOST_FILTERS = 16;

  /** Floats that the channels of one image may take: half of a second-level cache. */
  private static final int LARGEST_IMAGE = 1 << 16;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computeImage;
  private final TileScratch[] scratch;
  private final FilterTiles filterTiles = new FilterTiles();

  private ConvolutionShape shape;
  private Slice x;
  private Slice y;
  private Epilogue epilogue;

  /** Positions of an image's line, those that are left out included, in whole tiles. */
  private int pitch;

  DirectConvolution(WorkerPool pool) {
    this.pool = pool;
    this.scratch = TileScratch.of(pool);
  }

  /** Whether this is faster than products of packed panels. */
  static boolean isFaster(ConvolutionShape shape) {
    return isPossible(shape) && shape.groupFilters() <= MOST_FILTERS;
  }

  /** Whether the windows lie as this needs it, and what it needs at a time is not too much. */
  static boolean isPossible(ConvolutionShape shape) {
    Window window = shape.window();
    return window.verticalStride() == 1
        && window.horizontalStride() == 1
        && window.verticalPadding() == 0
        && window.horizontalPadding() == 0
        && shape.filterSize() <= FilterTiles.LONGEST_PATCH
        && shape.groupChannels() * shape.height() * shape.width() <= LARGEST_IMAGE;
  }

  void compute(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    this.shape = shape;
    this.x = x;
    this.y = y;
    this.epilogue = epilogue;
    int positions = (shape.outputHeight() - 1) * shape.width() + shape.outputWidth();
    pitch = Math.ceilDiv(positions, POSITIONS) * POSITIONS;
    filterTiles.pack(shape, weights, shape.height(), shape.width(), 1);
    try {
      SimdConvolutionKernels.run(pool, shape, shape.batch() * shape.groups(), computing);
    } finally {
      this.x = null;
      this.y = null;
      this.epilogue = null;
    }
  }

  /** All filters of one group on one image. */
  private void computeImage(int part) {
    int image = part / shape.groups();
    int group = part % shape.groups();
    TileScratch mine = scratch[pool.worker()];
    int plane = shape.height() * shape.width();
    // The last positions read beyond the image: at most a tile and the last offset.
    mine.reserve(shape.groupChannels() * plane + POSITIONS + plane, DirectTiles.FILTERS * pitch);
    int size = shape.groupChannels() * plane;
    int from = x.offset() + (image * shape.channels() + group * shape.groupChannels()) * plane;
    System.arraycopy(x.array(), from, mine.input, 0, size);
    for (int tile = 0; tile < filterTiles.tiles(); tile++) {
      for (int p = 0; p < pitch; p += POSITIONS) {
        filterTiles.convolve(
            group, tile, mine.input, p, p + LANES, p + 2 * LANES, mine.outputs, p, pitch);
      }
      int filter = filterTiles.first(group, tile);
      for (int i = 0; i < filterTiles.count(tile); i++) {
        store(mine.outputs, i * pitch, image, filter + i);
      }
    }
  }

  /** The rows of an output image from a line. */
  private void store(float[] line, int from, int image, int filter) {
    int width = shape.outputWidth();
    int at = y.offset() + (image * shape.filters() + filter) * shape.outputPixels();
    float bias = epilogue.bias() == null ? -0f : epilogue.bias().get(filter);
    float[] out = y.array();
    int whole = Math.ceilDiv(width, LANES) * LANES;
    for (int row = 0; row < shape.outputHeight(); row++) {
      int source = from + row * shape.width();
      int n = width;
      if (epilogue.accumulate()) {
        SimdArithmetic.add(line, source, out, at + row * width, line, source, width);
      } else if (row * width + whole <= shape.outputPixels()) {
        // What is beyond the row is stored again with the next one.
        n = whole;
      }
      SimdArithmetic.addConstant(bias, line, source, out, at + row * width, n);
    }
    if (epilogue.activation() != UnaryFunction.IDENTITY) {
      SimdUnary.apply(epilogue.activation(), out, at, out, at, shape.outputPixels());
    }
  }
}
