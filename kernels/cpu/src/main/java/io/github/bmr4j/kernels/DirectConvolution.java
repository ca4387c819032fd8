package io.github.bmr4j.kernels;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The forward pass of a convolution with few filters, such as pruning leaves: the images are read
 * where they are, since packing patches would cost more than the products. Each image is one line
 * of numbers; the output at position p of that line reads p + offset for each element of the patch,
 * also where a row's last columns see the next row, and those are left out when rows are stored.
 * {@link #ROWS} filters by three vectors of positions stay in registers. Each output is one chain
 * of fused multiply-adds over the patch, from 0, then the bias.
 *
 * <p>Used while the pool's monitor is held.
 */
final class DirectConvolution {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Filters that are computed together. */
  private static final int ROWS = 4;

  /** Positions that are computed together. */
  private static final int COLUMNS = 3 * LANES;

  /** Beyond, products of packed panels are faster. */
  private static final int MOST_FILTERS = 8;

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

  /** Of one thread. */
  private static final class Scratch {
    float[] image = new float[0];
    float[] packed = new float[0];
    float[] line = new float[0];
    int[] offsets = new int[0];
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
    int positions = (shape.outputHeight() - 1) * shape.width() + shape.outputWidth();
    int whole = Math.ceilDiv(positions, COLUMNS) * COLUMNS;
    reserve(mine, plane, whole);
    int size = shape.groupChannels() * plane;
    int from = x.offset() + (image * shape.channels() + group * shape.groupChannels()) * plane;
    System.arraycopy(x.array(), from, mine.image, 0, size);
    for (int f = 0; f < shape.groupFilters(); f += ROWS) {
      int rows = Math.min(ROWS, shape.groupFilters() - f);
      int filter = group * shape.groupFilters() + f;
      pack(mine.packed, filter, rows);
      for (int p = 0; p < whole; p += COLUMNS) {
        tile(mine.image, mine.offsets, shape.filterSize(), p, mine.packed, mine.line, whole);
      }
      for (int row = 0; row < rows; row++) {
        store(mine.line, row * whole, image, filter + row);
      }
    }
  }

  private void reserve(Scratch mine, int plane, int whole) {
    int patch = shape.filterSize();
    // The last positions read beyond the image: at most a tile and the last offset.
    int image = shape.groupChannels() * plane + COLUMNS + plane;
    if (mine.image.length < image) {
      mine.image = new float[image];
    }
    if (mine.packed.length < ROWS * patch) {
      mine.packed = new float[ROWS * patch];
    }
    if (mine.line.length < ROWS * whole) {
      mine.line = new float[ROWS * whole];
    }
    if (mine.offsets.length < patch) {
      mine.offsets = new int[patch];
    }
    int at = 0;
    for (int c = 0; c < shape.groupChannels(); c++) {
      for (int u = 0; u < shape.window().height(); u++) {
        for (int v = 0; v < shape.window().width(); v++) {
          mine.offsets[at++] = c * plane + u * shape.width() + v;
        }
      }
    }
  }

  /** Weights of up to {@link #ROWS} filters, element by element of the patch; 0 for no filter. */
  private void pack(float[] packed, int filter, int rows) {
    int patch = shape.filterSize();
    for (int row = 0; row < ROWS; row++) {
      int from = weights.offset() + (filter + row) * patch;
      for (int k = 0; k < patch; k++) {
        packed[k * ROWS + row] = row < rows ? weights.array()[from + k] : 0;
      }
    }
  }

  private static void tile(
      float[] image, int[] offsets, int patch, int p, float[] packed, float[] line, int pitch) {
    FloatVector a0 = FloatVector.zero(FLOAT);
    FloatVector b0 = FloatVector.zero(FLOAT);
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector a1 = FloatVector.zero(FLOAT);
    FloatVector b1 = FloatVector.zero(FLOAT);
    FloatVector c1 = FloatVector.zero(FLOAT);
    FloatVector a2 = FloatVector.zero(FLOAT);
    FloatVector b2 = FloatVector.zero(FLOAT);
    FloatVector c2 = FloatVector.zero(FLOAT);
    FloatVector a3 = FloatVector.zero(FLOAT);
    FloatVector b3 = FloatVector.zero(FLOAT);
    FloatVector c3 = FloatVector.zero(FLOAT);
    for (int k = 0; k < patch; k++) {
      int at = p + offsets[k];
      FloatVector left = FloatVector.fromArray(FLOAT, image, at);
      FloatVector middle = FloatVector.fromArray(FLOAT, image, at + LANES);
      FloatVector right = FloatVector.fromArray(FLOAT, image, at + 2 * LANES);
      FloatVector w = FloatVector.broadcast(FLOAT, packed[k * ROWS]);
      a0 = left.fma(w, a0);
      b0 = middle.fma(w, b0);
      c0 = right.fma(w, c0);
      w = FloatVector.broadcast(FLOAT, packed[k * ROWS + 1]);
      a1 = left.fma(w, a1);
      b1 = middle.fma(w, b1);
      c1 = right.fma(w, c1);
      w = FloatVector.broadcast(FLOAT, packed[k * ROWS + 2]);
      a2 = left.fma(w, a2);
      b2 = middle.fma(w, b2);
      c2 = right.fma(w, c2);
      w = FloatVector.broadcast(FLOAT, packed[k * ROWS + 3]);
      a3 = left.fma(w, a3);
      b3 = middle.fma(w, b3);
      c3 = right.fma(w, c3);
    }
    a0.intoArray(line, p);
    b0.intoArray(line, p + LANES);
    c0.intoArray(line, p + 2 * LANES);
    a1.intoArray(line, pitch + p);
    b1.intoArray(line, pitch + p + LANES);
    c1.intoArray(line, pitch + p + 2 * LANES);
    a2.intoArray(line, 2 * pitch + p);
    b2.intoArray(line, 2 * pitch + p + LANES);
    c2.intoArray(line, 2 * pitch + p + 2 * LANES);
    a3.intoArray(line, 3 * pitch + p);
    b3.intoArray(line, 3 * pitch + p + LANES);
    c3.intoArray(line, 3 * pitch + p + 2 * LANES);
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
