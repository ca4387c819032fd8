package io.github.bmr4j.kernels;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

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

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Beyond, products of packed panels are faster. */
  private static final int MOST_FILTERS = 16;

  /** Elements of a patch that one chain of packed products has, too. */
  private static final int LONGEST_PATCH = 256;

  /** Floats that the channels of one image may take: half of a second-level cache. */
  private static final int LARGEST_IMAGE = 1 << 16;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computeImage;
  private final Scratch[] scratch;

  private ConvolutionShape shape;
  private Slice x;
  private Slice weights;
  private Slice y;
  private Epilogue epilogue;

  /** Tiles into which the filters of a group are cut. */
  private int tiles;

  /** Positions of an image's line, those that are left out included, in whole tiles. */
  private int pitch;

  private int[] offsets = new int[0];
  private float[] packed = new float[0];

  /** Of one thread. */
  private static final class Scratch {
    float[] image = new float[0];
    float[] line = new float[0];

    void reserve(int imageSize, int lineSize) {
      if (image.length < imageSize) {
        image = new float[imageSize];
      }
      if (line.length < lineSize) {
        line = new float[lineSize];
      }
    }
  }

  DirectConvolution(WorkerPool pool) {
    this.pool = pool;
    this.scratch = new Scratch[pool.threads()];
    Arrays.setAll(scratch, i -> new Scratch());
  }

  /** Whether this is the faster way. */
  static boolean isFaster(ConvolutionShape shape) {
    Window window = shape.window();
    return shape.groupFilters() <= MOST_FILTERS
        && window.verticalStride() == 1
        && window.horizontalStride() == 1
        && window.verticalPadding() == 0
        && window.horizontalPadding() == 0
        && shape.filterSize() <= LONGEST_PATCH
        && shape.groupChannels() * shape.height() * shape.width() <= LARGEST_IMAGE;
  }

  void compute(ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    this.shape = shape;
    this.x = x;
    this.weights = weights;
    this.y = y;
    this.epilogue = epilogue;
    prepare();
    try {
      SimdConvolutionKernels.run(pool, shape, shape.batch() * shape.groups(), computing);
    } finally {
      this.x = null;
      this.weights = null;
      this.y = null;
      this.epilogue = null;
    }
  }

  /** All filters of one group on one image. */
  private void computeImage(int part) {
    int image = part / shape.groups();
    int group = part % shape.groups();
    Scratch mine = scratch[pool.worker()];
    int plane = shape.height() * shape.width();
    // The last positions read beyond the image: at most a tile and the last offset.
    mine.reserve(
        shape.groupChannels() * plane + DirectTiles.POSITIONS + plane, DirectTiles.FILTERS * pitch);
    int size = shape.groupChannels() * plane;
    int from = x.offset() + (image * shape.channels() + group * shape.groupChannels()) * plane;
    System.arraycopy(x.array(), from, mine.image, 0, size);
    int patch = shape.filterSize();
    int first = group * shape.groupFilters();
    for (int tile = 0; tile < tiles; tile++) {
      int filter = first + firstOfTile(tile);
      int filters = first + firstOfTile(tile + 1) - filter;
      for (int p = 0; p < pitch; p += DirectTiles.POSITIONS) {
        DirectTiles.convolve(
            mine.image, p, offsets, patch, packed, filter * patch, filters, mine.line, p, pitch);
      }
      for (int i = 0; i < filters; i++) {
        store(mine.line, i * pitch, image, filter + i);
      }
    }
  }

  /** Where the filters of a tile begin in their group: as many in each as can be, or one more. */
  private int firstOfTile(int tile) {
    return tile * shape.groupFilters() / tiles;
  }

  /** Offsets of the patch's elements, and the weights tile by tile, element by element. */
  private void prepare() {
    int positions = (shape.outputHeight() - 1) * shape.width() + shape.outputWidth();
    pitch = Math.ceilDiv(positions, DirectTiles.POSITIONS) * DirectTiles.POSITIONS;
    tiles = Math.ceilDiv(shape.groupFilters(), DirectTiles.FILTERS);
    int patch = shape.filterSize();
    if (offsets.length < patch) {
      offsets = new int[patch];
    }
    int at = 0;
    for (int c = 0; c < shape.groupChannels(); c++) {
      for (int u = 0; u < shape.window().height(); u++) {
        for (int v = 0; v < shape.window().width(); v++) {
          offsets[at++] = (c * shape.height() + u) * shape.width() + v;
        }
      }
    }
    int needed = shape.weightSize() + MatrixPacking.SLACK;
    if (packed.length < needed) {
      packed = new float[needed];
    }
    for (int first = 0; first < shape.filters(); first += shape.groupFilters()) {
      for (int tile = 0; tile < tiles; tile++) {
        int filter = first + firstOfTile(tile);
        int filters = first + firstOfTile(tile + 1) - filter;
        int start = weights.offset() + filter * patch;
        MatrixPacking.rows(
            weights.array(), start, patch, filters, patch, packed, filter * patch, filters);
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
      addBias(line, source, bias, out, at + row * width, n);
    }
    if (epilogue.activation() != UnaryFunction.IDENTITY) {
      SimdUnary.apply(epilogue.activation(), out, at, out, at, shape.outputPixels());
    }
  }

  private static void addBias(float[] line, int from, float bias, float[] out, int to, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(FLOAT, line, from + j).add(bias).intoArray(out, to + j);
    }
    for (; j < n; j++) {
      out[to + j] = line[from + j] + bias;
    }
  }
}
