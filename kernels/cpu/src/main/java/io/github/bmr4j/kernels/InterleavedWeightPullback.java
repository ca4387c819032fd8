package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * The gradient of a convolution's weights over sixteen images at a time ({@link ImageLanes}): for a
 * tile of filters and elements of the patch, products are added up over all positions, each image
 * in a lane of its own. At the end the lanes are added, in their order. There are sixteen lanes
 * whatever the vectors' width, so bits do not depend on it.
 *
 * <p>The batch is cut into slabs, as many as the shape asks for; each has its own sums, and these
 * are added in their order. So bits do not depend on threads. Used while the pool's monitor is
 * held.
 */
final class InterleavedWeightPullback {

  private static final int IMAGES = SimdSums.VIRTUAL_LANES;

  /** Filters, and elements of the patch, of a tile that fits the registers. */
  private static final int FILTERS = 3;

  private static final int ELEMENTS = LANES == IMAGES ? 5 : 3;

  private static final int MOST_SLABS = 16;

  /** Beyond, vectors with less than sixteen lanes multiply packed panels faster. */
  private static final int MOST_FILTERS = 20;

  /** The sums of all slabs together stay below 8 MB. */
  private static final int MOST_WEIGHTS = 1 << 13;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final WorkerPool.Task adding = this::addPart;
  private final TileScratch[] scratch;
  private final ImageLanes input = new ImageLanes(IMAGES);

  private ConvolutionShape shape;
  private Slice x;
  private Slice dy;
  private Slice dWeights;
  private boolean accumulateWeights;
  private Slice dBias;
  private boolean accumulateBias;

  private int bandRows;
  private int slabs;

  /** Of the patch's elements, where they lie from its beginning. */
  private int[] offsets = new int[0];

  /** [slabs, filters, elements and the bias, images]. */
  private float[] sums = new float[0];

  InterleavedWeightPullback(WorkerPool pool) {
    this.pool = pool;
    this.scratch = TileScratch.of(pool);
  }

  /** Whether this is the fastest way; a function of the shape alone, since the bits are others. */
  static boolean isFaster(ConvolutionShape shape) {
    return ImageLanes.fill(shape.batch(), IMAGES)
        && shape.window().size() > 1
        && shape.groupFilters() <= MOST_FILTERS
        && shape.weightSize() <= MOST_WEIGHTS
        && staged(shape, 1) <= ImageLanes.MOST_STAGED;
  }

  /** Floats of both sides for some rows of the outputs. */
  private static long staged(ConvolutionShape shape, int rows) {
    long outputs = (long) rows * shape.outputWidth() * shape.groupFilters() * IMAGES;
    return ImageLanes.size(shape, rows, IMAGES) + outputs;
  }

  void compute(
      ConvolutionShape shape,
      Slice x,
      Slice dy,
      Slice dWeights,
      boolean accumulateWeights,
      Slice dBias,
      boolean accumulateBias) {
    this.shape = shape;
    this.x = x;
    this.dy = dy;
    this.dWeights = dWeights;
    this.accumulateWeights = accumulateWeights;
    this.dBias = dBias;
    this.accumulateBias = accumulateBias;
    prepare();
    try {
      SimdConvolutionKernels.run(pool, shape, slabs * shape.groups(), computing);
      SimdConvolutionKernels.run(pool, shape, shape.filters(), adding);
    } finally {
      this.x = null;
      this.dy = null;
      this.dWeights = null;
      this.dBias = null;
    }
  }

  private void prepare() {
    bandRows = shape.outputHeight();
    while (bandRows > 1 && staged(shape, bandRows) > ImageLanes.MOST_STAGED) {
      bandRows--;
    }
    input.use(shape, bandRows, bandRows * shape.outputWidth());
    offsets = FilterTiles.offsets(shape, input.rows(), input.width(), IMAGES, offsets);
    slabs = Math.min(MOST_SLABS, Math.ceilDiv(shape.batch(), IMAGES));
    int needed = slabs * shape.filters() * row();
    if (sums.length < needed) {
      sums = new float[needed];
    }
  }

  /** Sums of a filter. */
  private int row() {
    return (shape.filterSize() + 1) * IMAGES;
  }

  private void computePart(int part) {
    int group = part % shape.groups();
    int slab = part / shape.groups();
    int batches = Math.ceilDiv(shape.batch(), IMAGES);
    int at = (slab * shape.filters() + group * shape.groupFilters()) * row();
    Arrays.fill(sums, at, at + shape.groupFilters() * row(), 0f);
    TileScratch mine = scratch[pool.worker()];
    int pitch = bandRows * shape.outputWidth() * IMAGES;
    mine.reserve(
        (int) ImageLanes.size(shape, bandRows, IMAGES),
        shape.groupFilters() * pitch + FILTERS * ELEMENTS * IMAGES);
    for (int b = batches * slab / slabs; b < batches * (slab + 1) / slabs; b++) {
      for (int first = 0; first < shape.outputHeight(); first += bandRows) {
        int rows = Math.min(bandRows, shape.outputHeight() - first);
        stage(mine, b * IMAGES, group, first, rows, pitch);
        addProducts(mine, rows * shape.outputWidth(), pitch, at);
      }
    }
  }

  private void stage(TileScratch mine, int image, int group, int first, int rows, int pitch) {
    int images = Math.min(IMAGES, shape.batch() - image);
    input.stage(x, image, images, group, first, mine.input);
    int stride = shape.filters() * shape.outputPixels();
    int positions = rows * shape.outputWidth();
    for (int f = 0; f < shape.groupFilters(); f++) {
      int plane = image * shape.filters() + group * shape.groupFilters() + f;
      int from = dy.offset() + plane * shape.outputPixels() + first * shape.outputWidth();
      MatrixPacking.rows(
          dy.array(), from, stride, images, positions, mine.outputs, f * pitch, IMAGES);
      clearLanes(mine.outputs, f * pitch, positions, images);
    }
    clearLanes(mine.input, 0, (int) ImageLanes.size(shape, bandRows, 1), images);
  }

  /** Zeros in the lanes without an image. */
  private static void clearLanes(float[] staged, int from, int pixels, int images) {
    if (images < IMAGES) {
      for (int p = 0; p < pixels; p++) {
        Arrays.fill(staged, from + p * IMAGES + images, from + (p + 1) * IMAGES, 0f);
      }
    }
  }

  private void addProducts(TileScratch mine, int positions, int pitch, int at) {
    int patch = shape.filterSize();
    int filters = shape.groupFilters();
    int[] starts = input.starts();
    float[] gradients = mine.outputs;
    int tile = filters * pitch;
    for (int f = 0; f < filters; f += FILTERS) {
      int f0 = f * pitch;
      int f1 = Math.min(f + 1, filters - 1) * pitch;
      int f2 = Math.min(f + 2, filters - 1) * pitch;
      for (int e = 0; e < patch; e += ELEMENTS) {
        for (int lane = 0; lane < IMAGES; lane += LANES) {
          if (ELEMENTS == 5) {
            five(
                mine.input,
                starts,
                offsets,
                e,
                patch - 1,
                positions,
                lane,
                gradients,
                f0,
                f1,
                f2,
                tile);
          } else {
            three(
                mine.input,
                starts,
                offsets,
                e,
                patch - 1,
                positions,
                lane,
                gradients,
                f0,
                f1,
                f2,
                tile);
          }
        }
        for (int i = 0; i < Math.min(FILTERS, filters - f); i++) {
          int to = at + (f + i) * row() + e * IMAGES;
          int n = Math.min(ELEMENTS, patch - e) * IMAGES;
          SimdArithmetic.add(sums, to, gradients, tile + i * ELEMENTS * IMAGES, sums, to, n);
        }
      }
    }
    if (dBias != null) {
      for (int f = 0; f < filters; f++) {
        addAll(gradients, f * pitch, positions, sums, at + f * row() + patch * IMAGES);
      }
    }
  }

  /**
   * The sums of a tile of three filters and five elements, filter by filter, behind the gradients;
   * what exceeds the last ones are these again. They begin with 0, and another loop adds them to
   * what was there: with that in one method, C2 once left the accumulators on the heap.
   */
  private static void five(
      float[] x,
      int[] starts,
      int[] offsets,
      int e,
      int last,
      int positions,
      int lane,
      float[] dy,
      int d0,
      int d1,
      int d2,
      int to) {
    int x0 = offsets[e] + lane;
    int x1 = offsets[Math.min(e + 1, last)] + lane;
    int x2 = offsets[Math.min(e + 2, last)] + lane;
    int x3 = offsets[Math.min(e + 3, last)] + lane;
    int x4 = offsets[Math.min(e + 4, last)] + lane;
    FloatVector a00 = FloatVector.zero(FLOAT);
    FloatVector a01 = a00;
    FloatVector a02 = a00;
    FloatVector a03 = a00;
    FloatVector a04 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector a12 = a00;
    FloatVector a13 = a00;
    FloatVector a14 = a00;
    FloatVector a20 = a00;
    FloatVector a21 = a00;
    FloatVector a22 = a00;
    FloatVector a23 = a00;
    FloatVector a24 = a00;
    int at = lane;
    for (int p = 0; p < positions; p++) {
      int start = starts[p];
      FloatVector g0 = FloatVector.fromArray(FLOAT, dy, d0 + at);
      FloatVector g1 = FloatVector.fromArray(FLOAT, dy, d1 + at);
      FloatVector g2 = FloatVector.fromArray(FLOAT, dy, d2 + at);
      FloatVector v = FloatVector.fromArray(FLOAT, x, x0 + start);
      a00 = v.fma(g0, a00);
      a10 = v.fma(g1, a10);
      a20 = v.fma(g2, a20);
      v = FloatVector.fromArray(FLOAT, x, x1 + start);
      a01 = v.fma(g0, a01);
      a11 = v.fma(g1, a11);
      a21 = v.fma(g2, a21);
      v = FloatVector.fromArray(FLOAT, x, x2 + start);
      a02 = v.fma(g0, a02);
      a12 = v.fma(g1, a12);
      a22 = v.fma(g2, a22);
      v = FloatVector.fromArray(FLOAT, x, x3 + start);
      a03 = v.fma(g0, a03);
      a13 = v.fma(g1, a13);
      a23 = v.fma(g2, a23);
      v = FloatVector.fromArray(FLOAT, x, x4 + start);
      a04 = v.fma(g0, a04);
      a14 = v.fma(g1, a14);
      a24 = v.fma(g2, a24);
      at += IMAGES;
    }
    at = to + lane;
    a00.intoArray(dy, at);
    a01.intoArray(dy, at + IMAGES);
    a02.intoArray(dy, at + 2 * IMAGES);
    a03.intoArray(dy, at + 3 * IMAGES);
    a04.intoArray(dy, at + 4 * IMAGES);
    a10.intoArray(dy, at + 5 * IMAGES);
    a11.intoArray(dy, at + 6 * IMAGES);
    a12.intoArray(dy, at + 7 * IMAGES);
    a13.intoArray(dy, at + 8 * IMAGES);
    a14.intoArray(dy, at + 9 * IMAGES);
    a20.intoArray(dy, at + 10 * IMAGES);
    a21.intoArray(dy, at + 11 * IMAGES);
    a22.intoArray(dy, at + 12 * IMAGES);
    a23.intoArray(dy, at + 13 * IMAGES);
    a24.intoArray(dy, at + 14 * IMAGES);
  }

  /** {@link #five} with three elements, for processors with sixteen vector registers. */
  private static void three(
      float[] x,
      int[] starts,
      int[] offsets,
      int e,
      int last,
      int positions,
      int lane,
      float[] dy,
      int d0,
      int d1,
      int d2,
      int to) {
    int x0 = offsets[e] + lane;
    int x1 = offsets[Math.min(e + 1, last)] + lane;
    int x2 = offsets[Math.min(e + 2, last)] + lane;
    FloatVector a00 = FloatVector.zero(FLOAT);
    FloatVector a01 = a00;
    FloatVector a02 = a00;
    FloatVector a10 = a00;
    FloatVector a11 = a00;
    FloatVector a12 = a00;
    FloatVector a20 = a00;
    FloatVector a21 = a00;
    FloatVector a22 = a00;
    int at = lane;
    for (int p = 0; p < positions; p++) {
      int start = starts[p];
      FloatVector g0 = FloatVector.fromArray(FLOAT, dy, d0 + at);
      FloatVector g1 = FloatVector.fromArray(FLOAT, dy, d1 + at);
      FloatVector g2 = FloatVector.fromArray(FLOAT, dy, d2 + at);
      FloatVector v = FloatVector.fromArray(FLOAT, x, x0 + start);
      a00 = v.fma(g0, a00);
      a10 = v.fma(g1, a10);
      a20 = v.fma(g2, a20);
      v = FloatVector.fromArray(FLOAT, x, x1 + start);
      a01 = v.fma(g0, a01);
      a11 = v.fma(g1, a11);
      a21 = v.fma(g2, a21);
      v = FloatVector.fromArray(FLOAT, x, x2 + start);
      a02 = v.fma(g0, a02);
      a12 = v.fma(g1, a12);
      a22 = v.fma(g2, a22);
      at += IMAGES;
    }
    at = to + lane;
    a00.intoArray(dy, at);
    a01.intoArray(dy, at + IMAGES);
    a02.intoArray(dy, at + 2 * IMAGES);
    a10.intoArray(dy, at + 3 * IMAGES);
    a11.intoArray(dy, at + 4 * IMAGES);
    a12.intoArray(dy, at + 5 * IMAGES);
    a20.intoArray(dy, at + 6 * IMAGES);
    a21.intoArray(dy, at + 7 * IMAGES);
    a22.intoArray(dy, at + 8 * IMAGES);
  }

  /** Each lane's Σ over all positions. */
  private static void addAll(float[] dy, int d, int positions, float[] sums, int s) {
    for (int lane = 0; lane < IMAGES; lane += LANES) {
      FloatVector sum = FloatVector.fromArray(FLOAT, sums, s + lane);
      for (int at = lane; at < positions * IMAGES; at += IMAGES) {
        sum = sum.add(FloatVector.fromArray(FLOAT, dy, d + at));
      }
      sum.intoArray(sums, s + lane);
    }
  }

  private void addPart(int filter) {
    int patch = shape.filterSize();
    int from = filter * row();
    // The other slabs' sums are added to those of the first.
    for (int s = 1; s < slabs; s++) {
      int of = from + s * shape.filters() * row();
      SimdArithmetic.add(sums, from, sums, of, sums, from, row());
    }
    float[] weights = dWeights.array();
    int at = dWeights.offset() + filter * patch;
    for (int e = 0; e < patch; e++) {
      double sum = SimdSums.total(sums, from + e * IMAGES);
      weights[at + e] = (float) (accumulateWeights ? weights[at + e] + sum : sum);
    }
    if (dBias != null) {
      double sum = SimdSums.total(sums, from + patch * IMAGES);
      dBias.set(filter, (float) (accumulateBias ? dBias.get(filter) + sum : sum));
    }
  }
}
