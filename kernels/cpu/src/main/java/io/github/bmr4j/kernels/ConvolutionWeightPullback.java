package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.ConvolutionScratch.GROUP;
import static io.github.bmr4j.kernels.ConvolutionScratch.PITCH;
import static io.github.bmr4j.kernels.MatrixTiles.COLUMNS;
import static io.github.bmr4j.kernels.MatrixTiles.ROWS;

import java.util.HashMap;
import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The gradient of a convolution's weights as a matrix product [filters, pixels] · [pixels, patch],
 * the pixels being those of the whole batch; the bias is the weight of one more element of the
 * patch, which is always 1.
 *
 * <p>The batch is cut into slabs, as many as the shape asks for, whatever the threads; each slab
 * has its own sum, and the slabs' sums are added in their order. So even a layer with few weights,
 * a single tile, keeps all threads busy, and bits do not depend on them.
 *
 * <p>Used while the pool's monitor is held.
 */
final class ConvolutionWeightPullback {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** Pixels of a product: what tiles add up before they go to the slab's sum. */
  private static final int DEPTH = 384;

  private static final int MOST_SLABS = 16;

  /** Elements of all slabs together: 8 MB. */
  private static final int MOST_SUMS = 1 << 21;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final WorkerPool.Task adding = this::addPart;
  private final ConvolutionScratch[] scratch;
  private final Map<ConvolutionShape, PatchGeometry> geometries = new HashMap<>();

  private PatchGeometry geometry;
  private ConvolutionShape shape;
  private Slice x;
  private Slice dy;
  private Slice dWeights;
  private boolean accumulateWeights;
  private Slice dBias;
  private boolean accumulateBias;
  private long call;

  private float[] sums = {};
  private int slabs;

  /** Weights of a filter, with the bias if there is one. */
  private int columns;

  /** Parts into which the columns are cut, and groups of columns of each. */
  private int cuts;

  private int partGroups;

  ConvolutionWeightPullback(WorkerPool pool, ConvolutionScratch[] scratch) {
    this.pool = pool;
    this.scratch = scratch;
  }

  void compute(
      long call,
      ConvolutionShape shape,
      Slice x,
      Slice dy,
      Slice dWeights,
      boolean accumulateWeights,
      Slice dBias,
      boolean accumulateBias) {
    this.call = call;
    this.shape = shape;
    this.x = x;
    this.dy = dy;
    this.dWeights = dWeights;
    this.accumulateWeights = accumulateWeights;
    this.dBias = dBias;
    this.accumulateBias = accumulateBias;
    geometry = geometries.computeIfAbsent(shape, s -> new PatchGeometry(s, false));
    columns = shape.filterSize() + (dBias == null ? 0 : 1);
    int size = shape.filters() * columns;
    int fitting = Math.max(1, MOST_SUMS / size);
    slabs = Math.min(Math.min(fitting, MOST_SLABS), geometry.blocks());
    if (sums.length < slabs * size) {
      sums = new float[slabs * size];
    }
    int groups = Math.ceilDiv(columns, GROUP);
    int wanted = Math.ceilDiv(4 * pool.threads(), Math.max(1, slabs * shape.groups()));
    partGroups = Math.ceilDiv(groups, Math.min(groups, wanted));
    cuts = Math.ceilDiv(groups, partGroups);
    try {
      SimdConvolutionKernels.run(pool, shape, slabs * shape.groups() * cuts, computing);
      SimdConvolutionKernels.run(pool, shape, shape.filters(), adding);
    } finally {
      this.x = null;
      this.dy = null;
      this.dWeights = null;
      this.dBias = null;
    }
  }

  private void computePart(int part) {
    int cut = part % cuts;
    int group = part / cuts % shape.groups();
    int slab = part / cuts / shape.groups();
    int fromBlock = (int) ((long) geometry.blocks() * slab / slabs);
    int toBlock = (int) ((long) geometry.blocks() * (slab + 1) / slabs);
    for (int block = fromBlock; block < toBlock; block++) {
      computeBlock(slab, block, block == fromBlock, group, cut);
    }
  }

  private void computeBlock(int slab, int block, boolean first, int group, int cut) {
    ConvolutionScratch mine = scratch[pool.worker()];
    int image = block * geometry.blockImages;
    int images = Math.min(geometry.blockImages, shape.batch() - image);
    mine.stage(call, geometry, x, image, image + images, group);
    int inner = images * shape.outputPixels();
    int step = blockOf(inner);
    int to = Math.min(columns, (cut + 1) * partGroups * GROUP);
    for (int pixel = 0; pixel < inner; pixel += step) {
      int depth = Math.min(step, inner - pixel);
      packGradients(mine, image, pixel, depth, group);
      int start = geometry.direct ? x.offset() + geometry.imageStart(image, group) : 0;
      mine.packing.usePixels(geometry, start, pixel, depth);
      for (int k = cut * partGroups * GROUP; k < to; k += GROUP) {
        int count = Math.min(GROUP, to - k);
        packPatches(mine, depth, k, count);
        for (int f = 0; f < shape.groupFilters(); f += ROWS) {
          mine.multiply(f / ROWS, depth, count);
          int rows = Math.min(ROWS, shape.groupFilters() - f);
          int at = (slab * shape.filters() + group * shape.groupFilters() + f) * columns + k;
          boolean add = !first || pixel > 0;
          ProductStore.store(
              mine.strip, 0, PITCH, rows, count, sums, at, columns, add, null, 0, false);
        }
      }
    }
  }

  /** Length of the blocks of pixels, about equal ones: a function of their number alone. */
  static int blockOf(int pixels) {
    int blocks = Math.ceilDiv(pixels, DEPTH);
    return blocks <= 1 ? pixels : Math.ceilDiv(Math.ceilDiv(pixels, blocks), 16) * 16;
  }

  private void packGradients(ConvolutionScratch mine, int image, int pixel, int depth, int group) {
    int pixels = shape.outputPixels();
    int filters = shape.groupFilters();
    mine.needsLeft(call, -1, filters, depth);
    for (int q = 0; q < depth; ) {
      int n = image + (pixel + q) / pixels;
      int in = (pixel + q) % pixels;
      int length = Math.min(pixels - in, depth - q);
      for (int f = 0; f < filters; f += ROWS) {
        int plane = n * shape.filters() + group * filters + f;
        MatrixPacking.rows(
            dy.array(),
            dy.offset() + plane * pixels + in,
            pixels,
            Math.min(ROWS, filters - f),
            length,
            mine.left,
            f / ROWS * ConvolutionScratch.leftPitch(depth) + q * ROWS,
            ROWS);
      }
      q += length;
    }
  }

  private void packPatches(ConvolutionScratch mine, int depth, int k0, int count) {
    mine.useRight(depth);
    for (int j = 0; j < count; j += COLUMNS) {
      int width = Math.min(COLUMNS, count - j);
      boolean one = k0 + j + width > shape.filterSize();
      mine.packing.patches(
          geometry.direct ? x.array() : mine.staged,
          depth,
          geometry.offsets,
          k0 + j,
          one ? width - 1 : width,
          one,
          mine.right,
          j / COLUMNS * ConvolutionScratch.rightPitch(depth),
          COLUMNS);
    }
  }

  private void addPart(int filter) {
    int size = shape.filterSize();
    int distance = shape.filters() * columns;
    int at = dWeights.offset() + filter * size;
    addSlabs(filter * columns, distance, dWeights.array(), at, size, accumulateWeights);
    if (dBias != null) {
      int bias = dBias.offset() + filter;
      addSlabs(filter * columns + size, distance, dBias.array(), bias, 1, accumulateBias);
    }
  }

  /** out = Σ slabs (+ out), in the slabs' order. */
  private void addSlabs(int from, int distance, float[] out, int to, int n, boolean accumulate) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int s = 0; s < slabs; s++) {
        sum = sum.add(FloatVector.fromArray(FLOAT, sums, from + s * distance + j));
      }
      if (accumulate) {
        sum.add(FloatVector.fromArray(FLOAT, out, to + j)).intoArray(out, to + j);
      } else {
        sum.intoArray(out, to + j);
      }
    }
    for (; j < n; j++) {
      float sum = 0;
      for (int s = 0; s < slabs; s++) {
        sum += sums[from + s * distance + j];
      }
      out[to + j] = accumulate ? sum + out[to + j] : sum;
    }
  }
}
