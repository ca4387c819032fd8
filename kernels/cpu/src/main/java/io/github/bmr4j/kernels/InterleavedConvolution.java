package io.github.bmr4j.kernels;

import java.util.Arrays;

/**
 * The forward pass of a convolution over as many images at a time as a vector has lanes: pixel by
 * pixel their numbers are brought side by side, so that every window, stride and border is the same
 * for all lanes and no lane is idle, whatever the width of a row. The products are {@link
 * DirectTiles}, then bias and activation are applied, and the results are brought back to where the
 * images have them.
 *
 * <p>A part is a band of rows of these images. Used while the pool's monitor is held.
 */
final class InterleavedConvolution {

  private static final int LANES = SimdSpecies.LANES;

  /** Beyond, products of packed panels are faster. */
  private static final int MOST_FILTERS = 32;

  /** Floats that are brought side by side at a time: half of a second-level cache. */
  private static final int MOST_STAGED = 1 << 17;

  /** Outputs of a filter that are computed at a time, all lanes together. */
  private static final int MOST_OUTPUTS = 1 << 13;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final TileScratch[] scratch;
  private final FilterTiles filterTiles = new FilterTiles();

  private ConvolutionShape shape;
  private Slice x;
  private Slice y;
  private Epilogue epilogue;

  /** Rows of the outputs in a band, and the bands of an image. */
  private int bandRows;

  private int bands;

  /** Rows of the images that a band is computed from, and pixels of a row, with borders. */
  private int stagedRows;

  private int stagedWidth;

  /** From the outputs of a filter to those of the next one. */
  private int pitch;

  /** Of each position of a band, where its patch begins; the last one's is there three times. */
  private int[] starts = new int[0];

  InterleavedConvolution(WorkerPool pool) {
    this.pool = pool;
    this.scratch = TileScratch.of(pool);
  }

  /**
   * Whether this is the fastest way. At most a quarter of the lanes may be idle, and where images
   * can be read as they are, it must save enough of the positions that {@link DirectConvolution}
   * computes for nothing at the end of each row.
   */
  static boolean isFaster(ConvolutionShape shape, Epilogue epilogue) {
    return LANES >= 8
        && !epilogue.accumulate()
        && shape.batch() > 0
        && 4L * shape.batch() >= 3L * Math.ceilDiv(shape.batch(), LANES) * LANES
        && shape.window().size() > 1
        && shape.groupFilters() <= MOST_FILTERS
        && shape.filterSize() <= FilterTiles.LONGEST_PATCH
        && shape.outputPixels() >= LANES
        && shape.outputWidth() <= MOST_OUTPUTS / LANES
        && stagedSize(shape, 1) <= MOST_STAGED
        && (!DirectConvolution.isPossible(shape) || 4 * shape.width() >= 5 * shape.outputWidth());
  }

  /** Floats of the rows that some rows of the outputs are computed from. */
  private static long stagedSize(ConvolutionShape shape, int rows) {
    long width = shape.width() + 2L * shape.window().horizontalPadding();
    return width * shape.groupChannels() * inputRows(shape, rows) * LANES;
  }

  private static int inputRows(ConvolutionShape shape, int rows) {
    return (rows - 1) * shape.window().verticalStride() + shape.window().height();
  }

  void compute(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    this.shape = shape;
    this.x = x;
    this.y = y;
    this.epilogue = epilogue;
    prepare(weights);
    try {
      int parts = Math.ceilDiv(shape.batch(), LANES) * shape.groups() * bands;
      SimdConvolutionKernels.run(pool, shape, parts, computing);
    } finally {
      this.x = null;
      this.y = null;
      this.epilogue = null;
    }
  }

  /** Cuts images into bands, and says where the patches of a band begin. */
  private void prepare(Slice weights) {
    Window window = shape.window();
    int height = shape.outputHeight();
    int images = Math.ceilDiv(shape.batch(), LANES) * shape.groups();
    int rows = Math.min(height, MOST_OUTPUTS / LANES / shape.outputWidth());
    rows = Math.min(rows, Math.ceilDiv(height * images, 4 * pool.threads()));
    while (rows > 1 && stagedSize(shape, rows) > MOST_STAGED) {
      rows--;
    }
    bands = Math.ceilDiv(height, rows);
    bandRows = Math.ceilDiv(height, bands);
    bands = Math.ceilDiv(height, bandRows);
    stagedRows = inputRows(shape, bandRows);
    stagedWidth = shape.width() + 2 * window.horizontalPadding();
    filterTiles.pack(shape, weights, stagedRows, stagedWidth, LANES);
    int positions = bandRows * shape.outputWidth();
    pitch = Math.ceilDiv(positions, DirectTiles.VECTORS) * DirectTiles.VECTORS * LANES;
    if (starts.length < pitch / LANES) {
      starts = new int[pitch / LANES];
    }
    for (int p = 0; p < pitch / LANES; p++) {
      int row = Math.min(p, positions - 1) / shape.outputWidth();
      int column = Math.min(p, positions - 1) % shape.outputWidth();
      starts[p] =
          (row * window.verticalStride() * stagedWidth + column * window.horizontalStride())
              * LANES;
    }
  }

  private void computePart(int part) {
    int band = part % bands;
    int group = part / bands % shape.groups();
    int image = part / bands / shape.groups() * LANES;
    int images = Math.min(LANES, shape.batch() - image);
    int firstRow = band * bandRows;
    int rows = Math.min(bandRows, shape.outputHeight() - firstRow);
    TileScratch mine = scratch[pool.worker()];
    mine.reserve((int) stagedSize(shape, bandRows), DirectTiles.FILTERS * pitch);
    stage(mine.input, image, images, group, firstRow);
    int positions = rows * shape.outputWidth();
    int at = y.offset() + image * shape.filters() * shape.outputPixels();
    for (int tile = 0; tile < filterTiles.tiles(); tile++) {
      for (int p = 0; p < positions; p += DirectTiles.VECTORS) {
        filterTiles.convolve(
            group,
            tile,
            mine.input,
            starts[p],
            starts[p + 1],
            starts[p + 2],
            mine.outputs,
            p * LANES,
            pitch);
      }
      int filter = filterTiles.first(group, tile);
      for (int i = 0; i < filterTiles.count(tile); i++) {
        finish(mine.outputs, i * pitch, positions * LANES, filter + i);
        int to = at + (filter + i) * shape.outputPixels() + firstRow * shape.outputWidth();
        store(mine.outputs, i * pitch, positions, images, to);
      }
    }
  }

  /** Brings the rows that a band is computed from side by side; zeros beyond the borders. */
  private void stage(float[] staged, int image, int images, int group, int firstRow) {
    Window window = shape.window();
    int plane = shape.height() * shape.width();
    int top = firstRow * window.verticalStride() - window.verticalPadding();
    int from = Math.clamp(-top, 0, stagedRows);
    int to = Math.max(from, Math.min(stagedRows, shape.height() - top));
    int border = window.horizontalPadding();
    int row = stagedWidth * LANES;
    for (int c = 0; c < shape.groupChannels(); c++) {
      int channel = group * shape.groupChannels() + c;
      int source = x.offset() + (image * shape.channels() + channel) * plane + top * shape.width();
      int start = c * stagedRows * row;
      Arrays.fill(staged, start, start + from * row, 0f);
      Arrays.fill(staged, start + to * row, start + stagedRows * row, 0f);
      if (border == 0) {
        interleave(
            source + from * shape.width(),
            images,
            (to - from) * shape.width(),
            staged,
            start + from * row);
        continue;
      }
      for (int u = from; u < to; u++) {
        int left = start + u * row;
        Arrays.fill(staged, left, left + border * LANES, 0f);
        interleave(
            source + u * shape.width(), images, shape.width(), staged, left + border * LANES);
        Arrays.fill(staged, left + row - border * LANES, left + row, 0f);
      }
    }
  }

  /** Pixels of some images, the next image a lane further. Lanes without an image have anything. */
  private void interleave(int source, int images, int pixels, float[] staged, int at) {
    int stride = shape.channels() * shape.height() * shape.width();
    MatrixPacking.rows(x.array(), source, stride, images, pixels, staged, at, LANES);
  }

  /** Bias and activation. */
  private void finish(float[] outputs, int from, int n, int filter) {
    if (epilogue.bias() != null) {
      float bias = epilogue.bias().get(filter);
      SimdArithmetic.addConstant(bias, outputs, from, outputs, from, n);
    }
    if (epilogue.activation() != UnaryFunction.IDENTITY) {
      SimdUnary.apply(epilogue.activation(), outputs, from, outputs, from, n);
    }
  }

  /** Brings the outputs of a filter to their images. */
  private void store(float[] outputs, int from, int positions, int images, int to) {
    int stride = shape.filters() * shape.outputPixels();
    float[] out = y.array();
    if (images < LANES || positions < LANES) {
      for (int i = 0; i < images; i++) {
        for (int p = 0; p < positions; p++) {
          out[to + i * stride + p] = outputs[from + p * LANES + i];
        }
      }
      return;
    }
    for (int p = 0; p < positions; p += LANES) {
      // The last ones are stored twice.
      int at = Math.min(p, positions - LANES);
      Transpose.lanes(outputs, from + at * LANES, LANES, LANES - 1, LANES, out, to + at, stride);
    }
  }
}
