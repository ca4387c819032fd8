package io.github.bmr4j.kernels;

/**
 * The forward pass of a convolution over as many images at a time as a vector has lanes ({@link
 * ImageLanes}). The products are {@link DirectTiles}, then bias and activation are applied, and the
 * results are brought back to where the images have them.
 *
 * <p>A part is a band of rows of these images. Used while the pool's monitor is held.
 */
final class InterleavedConvolution {

  private static final int LANES = SimdSpecies.LANES;

  /** Beyond, products of packed panels are faster. */
  private static final int MOST_FILTERS = 32;

  /** Outputs of a filter that are computed at a time, all lanes together. */
  private static final int MOST_OUTPUTS = 1 << 13;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final TileScratch[] scratch;
  private final FilterTiles filterTiles = new FilterTiles();
  private final ImageLanes input = new ImageLanes(LANES);

  private ConvolutionShape shape;
  private Slice x;
  private Slice y;
  private Epilogue epilogue;

  /** Rows of the outputs in a band, and the bands of an image. */
  private int bandRows;

  private int bands;

  /** From the outputs of a filter to those of the next one. */
  private int pitch;

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
        && ImageLanes.fill(shape.batch(), LANES)
        && shape.window().size() > 1
        && shape.groupFilters() <= MOST_FILTERS
        && shape.filterSize() <= FilterTiles.LONGEST_PATCH
        && shape.outputPixels() >= LANES
        && shape.outputWidth() <= MOST_OUTPUTS / LANES
        && ImageLanes.size(shape, 1, LANES) <= ImageLanes.MOST_STAGED
        && (!DirectConvolution.isPossible(shape) || 4 * shape.width() >= 5 * shape.outputWidth());
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
    int height = shape.outputHeight();
    int images = Math.ceilDiv(shape.batch(), LANES) * shape.groups();
    int rows = Math.min(height, MOST_OUTPUTS / LANES / shape.outputWidth());
    rows = Math.min(rows, Math.ceilDiv(height * images, 4 * pool.threads()));
    while (rows > 1 && ImageLanes.size(shape, rows, LANES) > ImageLanes.MOST_STAGED) {
      rows--;
    }
    bands = Math.ceilDiv(height, rows);
    bandRows = Math.ceilDiv(height, bands);
    bands = Math.ceilDiv(height, bandRows);
    int positions = bandRows * shape.outputWidth();
    pitch = Math.ceilDiv(positions, DirectTiles.VECTORS) * DirectTiles.VECTORS * LANES;
    input.use(shape, bandRows, pitch / LANES);
    filterTiles.pack(shape, weights, input.rows(), input.width(), LANES);
  }

  private void computePart(int part) {
    int band = part % bands;
    int group = part / bands % shape.groups();
    int image = part / bands / shape.groups() * LANES;
    int images = Math.min(LANES, shape.batch() - image);
    int firstRow = band * bandRows;
    int rows = Math.min(bandRows, shape.outputHeight() - firstRow);
    TileScratch mine = scratch[pool.worker()];
    mine.reserve((int) ImageLanes.size(shape, bandRows, LANES), DirectTiles.FILTERS * pitch);
    input.stage(x, image, images, group, firstRow, mine.input);
    int[] starts = input.starts();
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
