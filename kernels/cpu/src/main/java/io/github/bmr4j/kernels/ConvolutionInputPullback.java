package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.ConvolutionScratch.GROUP;
import static io.github.bmr4j.kernels.ConvolutionScratch.PITCH;
import static io.github.bmr4j.kernels.MatrixTiles.COLUMNS;
import static io.github.bmr4j.kernels.MatrixTiles.ROWS;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The gradient of a convolution's images: the gradients of the patches are a matrix product [patch,
 * filters] · [filters, pixels], and each is added to the pixel of which it is a copy. A part has
 * whole images, so the order of the additions depends on the shape alone.
 *
 * <p>Used while the pool's monitor is held.
 */
final class ConvolutionInputPullback {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
  private static final VectorSpecies<Float> FOUR = FloatVector.SPECIES_128;
  private static final int LANES = SimdSpecies.LANES;

  private final WorkerPool pool;
  private final WorkerPool.Task computing = this::computePart;
  private final ConvolutionScratch[] scratch;
  private final Map<ConvolutionShape, PatchGeometry> geometries = new HashMap<>();

  private PatchGeometry geometry;
  private ConvolutionShape shape;
  private Slice weights;
  private Slice dy;
  private Slice dx;
  private boolean accumulate;
  private long call;

  /** Where the filters' planes begin in an image that goes out. */
  private int[] planes = {};

  ConvolutionInputPullback(WorkerPool pool, ConvolutionScratch[] scratch) {
    this.pool = pool;
    this.scratch = scratch;
  }

  void compute(
      long call, ConvolutionShape shape, Slice weights, Slice dy, Slice dx, boolean accumulate) {
    this.call = call;
    this.shape = shape;
    this.weights = weights;
    this.dy = dy;
    this.dx = dx;
    this.accumulate = accumulate;
    geometry = geometries.computeIfAbsent(shape, s -> new PatchGeometry(s, true));
    if (planes.length < shape.groupFilters()) {
      planes = new int[shape.groupFilters()];
    }
    for (int f = 0; f < shape.groupFilters(); f++) {
      planes[f] = f * shape.outputPixels();
    }
    try {
      int parts = geometry.blocks() * shape.groups();
      SimdConvolutionKernels.run(pool, shape, parts, computing);
    } finally {
      this.weights = null;
      this.dy = null;
      this.dx = null;
    }
  }

  private void computePart(int part) {
    ConvolutionScratch mine = scratch[pool.worker()];
    int group = part % shape.groups();
    int image = part / shape.groups() * geometry.blockImages;
    int images = Math.min(geometry.blockImages, shape.batch() - image);
    clear(mine, image, images, group);
    int inner = shape.groupFilters();
    int step = PackedProduct.blockOf(inner);
    for (int f0 = 0; f0 < inner; f0 += step) {
      int depth = Math.min(step, inner - f0);
      packWeights(mine, group, f0, depth);
      int to = images * shape.outputPixels();
      for (int pixel = 0; pixel < to; pixel += GROUP) {
        int columns = Math.min(GROUP, to - pixel);
        packGradients(mine, image, pixel, columns, group, f0, depth);
        for (int k = 0; k < shape.filterSize(); k += ROWS) {
          mine.multiply(k / ROWS, depth, columns);
          int rows = Math.min(ROWS, shape.filterSize() - k);
          for (int i = 0; i < rows; i++) {
            scatter(mine, i, geometry.offsets[k + i], image, group, pixel, columns);
          }
        }
      }
    }
    if (!geometry.direct) {
      for (int i = 0; i < images; i++) {
        int to = dx.offset() + geometry.imageStart(image + i, group);
        geometry.unstage(mine.staged, i * geometry.imageStride, dx.array(), to, accumulate);
      }
    }
  }

  private void clear(ConvolutionScratch mine, int image, int images, int group) {
    if (!geometry.direct) {
      mine.clearStaged(geometry);
    } else if (!accumulate) {
      int size = shape.groupChannels() * shape.height() * shape.width();
      for (int i = 0; i < images; i++) {
        int at = dx.offset() + geometry.imageStart(image + i, group);
        Arrays.fill(dx.array(), at, at + size, 0f);
      }
    }
  }

  private void packWeights(ConvolutionScratch mine, int group, int f0, int depth) {
    int size = shape.filterSize();
    if (mine.needsLeft(call, group * shape.groupFilters() + f0, size, depth)) {
      for (int k = 0; k < size; k += ROWS) {
        int start = weights.offset() + (group * shape.groupFilters() + f0) * size + k;
        int at = k / ROWS * ConvolutionScratch.leftPitch(depth);
        MatrixPacking.columns(
            weights.array(), start, size, Math.min(ROWS, size - k), depth, mine.left, at, ROWS);
      }
    }
  }

  private void packGradients(
      ConvolutionScratch mine, int image, int pixel, int columns, int group, int f0, int depth) {
    int pixels = shape.outputPixels();
    mine.useRight(depth);
    for (int j = 0; j < columns; j += COLUMNS) {
      mine.packing.pixels(
          dy.array(),
          dy.offset() + (image * shape.filters() + group * shape.groupFilters()) * pixels,
          shape.filters() * pixels,
          pixels,
          pixels,
          pixels,
          pixel + j,
          Math.min(COLUMNS, columns - j),
          planes,
          (f0 + depth - 1) * pixels,
          f0,
          depth,
          mine.right,
          j / COLUMNS * ConvolutionScratch.rightPitch(depth),
          COLUMNS);
    }
  }

  /** Adds the gradients of one element of the patches to the pixels that it was copied from. */
  private void scatter(
      ConvolutionScratch mine, int row, int offset, int image, int group, int pixel, int columns) {
    int pixels = shape.outputPixels();
    int rowPixels = shape.outputWidth();
    float[] target = geometry.direct ? dx.array() : mine.staged;
    int start = offset + (geometry.direct ? dx.offset() + geometry.imageStart(image, group) : 0);
    int line = geometry.rowStep == rowPixels ? pixels : rowPixels;
    int n = pixel / pixels;
    int inImage = pixel % pixels;
    for (int j = 0; j < columns; ) {
      int inLine = inImage % line;
      int length = Math.min(line - inLine, columns - j);
      int at = start + n * geometry.imageStride + inImage / line * geometry.rowStep + inLine;
      add(mine.strip, row * PITCH + j, target, at, length);
      j += length;
      inImage += length;
      if (inImage == pixels) {
        inImage = 0;
        n++;
      }
    }
  }

  /** y = y + x; by shorter vectors towards the end, since rows are short. */
  private static void add(float[] x, int from, float[] y, int to, int n) {
    int j = 0;
    for (; j <= n - LANES; j += LANES) {
      FloatVector.fromArray(FLOAT, y, to + j)
          .add(FloatVector.fromArray(FLOAT, x, from + j))
          .intoArray(y, to + j);
    }
    if (LANES > 8 && j <= n - 8) {
      FloatVector.fromArray(EIGHT, y, to + j)
          .add(FloatVector.fromArray(EIGHT, x, from + j))
          .intoArray(y, to + j);
      j += 8;
    }
    if (LANES > 4 && j <= n - 4) {
      FloatVector.fromArray(FOUR, y, to + j)
          .add(FloatVector.fromArray(FOUR, x, from + j))
          .intoArray(y, to + j);
      j += 4;
    }
    for (; j < n; j++) {
      y[to + j] += x[from + j];
    }
  }
}
