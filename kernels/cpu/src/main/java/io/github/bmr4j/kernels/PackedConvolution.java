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
 * The forward pass of a convolution as a matrix product [filters, patch] · [patch, pixels], in
 * which the right factor exists only as panels in a thread's cache. Sums run over the patch in the
 * blocks of {@link PackedProduct#blockOf}; no part shares an output with another.
 *
 * <p>Used while the pool's monitor is held.
 */
final class PackedConvolution {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final ConvolutionScratch[] scratch;
  private final Map<ConvolutionShape, PatchGeometry> geometries = new HashMap<>();

  private PatchGeometry geometry;
  private ConvolutionShape shape;
  private Slice x;
  private Slice weights;
  private Slice y;
  private Epilogue epilogue;
  private long call;

  /** Parts into which the pixels of a block are cut, and groups of columns of each. */
  private int cuts;

  private int partGroups;

  PackedConvolution(WorkerPool pool, ConvolutionScratch[] scratch) {
    this.pool = pool;
    this.scratch = scratch;
  }

  void compute(
      long call, ConvolutionShape shape, Slice x, Slice weights, Slice y, Epilogue epilogue) {
    this.call = call;
    this.shape = shape;
    this.x = x;
    this.weights = weights;
    this.y = y;
    this.epilogue = epilogue;
    geometry = geometries.computeIfAbsent(shape, s -> new PatchGeometry(s, true));
    int groups = Math.ceilDiv(geometry.blockImages * shape.outputPixels(), GROUP);
    int wanted = Math.ceilDiv(4 * pool.threads(), Math.max(1, geometry.blocks() * shape.groups()));
    partGroups = Math.ceilDiv(groups, Math.min(groups, wanted));
    cuts = Math.ceilDiv(groups, partGroups);
    try {
      int parts = geometry.blocks() * shape.groups() * cuts;
      SimdConvolutionKernels.run(pool, shape, parts, computing);
    } finally {
      this.x = null;
      this.weights = null;
      this.y = null;
      this.epilogue = null;
    }
  }

  private void computePart(int part) {
    ConvolutionScratch mine = scratch[pool.worker()];
    int cut = part % cuts;
    int group = part / cuts % shape.groups();
    int firstImage = part / cuts / shape.groups() * geometry.blockImages;
    int images = Math.min(geometry.blockImages, shape.batch() - firstImage);
    int from = cut * partGroups * GROUP;
    int to = Math.min(images * shape.outputPixels(), from + partGroups * GROUP);
    if (from >= to) {
      return;
    }
    int pixels = shape.outputPixels();
    int fromImage = firstImage + from / pixels;
    int toImage = firstImage + Math.ceilDiv(to, pixels);
    int inFirst = (fromImage - firstImage) * pixels;
    mine.stage(call, geometry, x, fromImage, toImage, group);
    int inner = shape.filterSize();
    int step = PackedProduct.blockOf(inner);
    for (int k0 = 0; k0 < inner; k0 += step) {
      int depth = Math.min(step, inner - k0);
      packWeights(mine, group, k0, depth);
      for (int pixel = from; pixel < to; pixel += GROUP) {
        int columns = Math.min(GROUP, to - pixel);
        packPatches(mine, fromImage, pixel - inFirst, columns, group, k0, depth);
        for (int f = 0; f < shape.groupFilters(); f += ROWS) {
          mine.multiply(f / ROWS, depth, columns);
          int rows = Math.min(ROWS, shape.groupFilters() - f);
          int filter = group * shape.groupFilters() + f;
          store(mine.strip, filter, rows, fromImage, pixel - inFirst, columns, k0, depth);
        }
      }
    }
  }

  private void packWeights(ConvolutionScratch mine, int group, int k0, int depth) {
    int filters = shape.groupFilters();
    int inner = shape.filterSize();
    if (mine.needsLeft(call, group * inner + k0, filters, depth)) {
      for (int f = 0; f < filters; f += ROWS) {
        int start = weights.offset() + (group * filters + f) * inner + k0;
        int at = f / ROWS * ConvolutionScratch.leftPitch(depth);
        MatrixPacking.rows(
            weights.array(), start, inner, Math.min(ROWS, filters - f), depth, mine.left, at, ROWS);
      }
    }
  }

  private void packPatches(
      ConvolutionScratch mine, int image, int pixel, int columns, int group, int k0, int depth) {
    mine.useRight(depth);
    boolean direct = geometry.direct;
    for (int j = 0; j < columns; j += COLUMNS) {
      mine.packing.pixels(
          direct ? x.array() : mine.staged,
          direct ? x.offset() + geometry.imageStart(image, group) : 0,
          geometry.imageStride,
          geometry.rowStep,
          shape.outputPixels(),
          shape.outputWidth(),
          pixel + j,
          Math.min(COLUMNS, columns - j),
          geometry.offsets,
          geometry.lastOffset,
          k0,
          depth,
          mine.right,
          j / COLUMNS * ConvolutionScratch.rightPitch(depth),
          COLUMNS);
    }
  }

  private void store(
      float[] strip, int filter, int rows, int image, int pixel, int columns, int k0, int depth) {
    int pixels = shape.outputPixels();
    boolean last = k0 + depth == shape.filterSize();
    boolean accumulate = k0 > 0 || epilogue.accumulate();
    UnaryFunction f = last ? epilogue.activation() : UnaryFunction.IDENTITY;
    for (int i = 0; i < rows; i++) {
      float bias = last && epilogue.bias() != null ? epilogue.bias().get(filter + i) : -0f;
      for (int j = 0; j < columns; ) {
        int in = (pixel + j) % pixels;
        int length = Math.min(pixels - in, columns - j);
        int n = image + (pixel + j) / pixels;
        int at = y.offset() + (n * shape.filters() + filter + i) * pixels + in;
        storeRun(strip, i * PITCH + j, y.array(), at, length, accumulate, bias);
        if (f != UnaryFunction.IDENTITY) {
          SimdUnary.apply(f, y.array(), at, y.array(), at, length);
        }
        j += length;
      }
    }
  }

  /** y = products (+ y) + bias. */
  private static void storeRun(
      float[] strip, int from, float[] y, int to, int n, boolean accumulate, float bias) {
    int j = 0;
    if (accumulate) {
      for (; j <= n - LANES; j += LANES) {
        FloatVector.fromArray(FLOAT, strip, from + j)
            .add(FloatVector.fromArray(FLOAT, y, to + j))
            .add(bias)
            .intoArray(y, to + j);
      }
    } else {
      for (; j <= n - LANES; j += LANES) {
        FloatVector.fromArray(FLOAT, strip, from + j).add(bias).intoArray(y, to + j);
      }
    }
    for (; j < n; j++) {
      y[to + j] = (accumulate ? strip[from + j] + y[to + j] : strip[from + j]) + bias;
    }
  }
}
