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
            scatter(mine, i, geometry.offsets[element(k + i)], image, group, pixel, columns);
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
    if (!mine.needsLeft(call, group * shape.groupFilters() + f0, size, depth)) {
      return;
    }
    for (int k = 0; k < size; k += ROWS) {
      int at = k / ROWS * ConvolutionScratch.leftPitch(depth);
      int rows = Math.min(ROWS, size - k);
      for (int f = 0; f < depth; f++) {
        int start = weights.offset() + (group * shape.groupFilters() + f0 + f) * size;
        for (int i = 0; i < rows; i++) {
          mine.left[at + f * ROWS + i] = weights.array()[start + element(k + i)];
        }
      }
    }
  }

  /**
   * The elements of the patches in the order in which they are computed: neighbours belong to
   * different channels, since a sum is read late after it was written.
   */
  private int element(int k) {
    int channels = shape.groupChannels();
    return k % channels * shape.window().size() + k / channels;
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
    int from = row * PITCH;
    int n = pixel / pixels;
    int inImage = pixel % pixels;
    for (int j = 0; j < columns; ) {
      int inLine = inImage % line;
      int at = start + n * geometry.imageStride + inImage / line * geometry.rowStep + inLine;
      int length = Math.min(line - inLine, columns - j);
      int lines = length < line ? 1 : Math.min(pixels - inImage, columns - j) / line;
      addLines(mine.strip, from + j, line, target, at, geometry.rowStep, lines, length);
      j += lines * length;
      inImage += lines * length;
      if (inImage == pixels) {
        inImage = 0;
        n++;
      }
    }
  }

  /**
   * y = y + x for some lines of the same length; by shorter vectors towards their ends, since they
   * are short.
   */
  private static void addLines(
      float[] x, int from, int fromStep, float[] y, int to, int toStep, int lines, int length) {
    int j = 0;
    for (; j <= length - LANES; j += LANES) {
      for (int i = 0; i < lines; i++) {
        FloatVector.fromArray(FLOAT, y, to + i * toStep + j)
            .add(FloatVector.fromArray(FLOAT, x, from + i * fromStep + j))
            .intoArray(y, to + i * toStep + j);
      }
    }
    if (LANES > 8 && j <= length - 8) {
      for (int i = 0; i < lines; i++) {
        FloatVector.fromArray(EIGHT, y, to + i * toStep + j)
            .add(FloatVector.fromArray(EIGHT, x, from + i * fromStep + j))
            .intoArray(y, to + i * toStep + j);
      }
      j += 8;
    }
    if (LANES > 4 && j <= length - 4) {
      for (int i = 0; i < lines; i++) {
        FloatVector.fromArray(FOUR, y, to + i * toStep + j)
            .add(FloatVector.fromArray(FOUR, x, from + i * fromStep + j))
            .intoArray(y, to + i * toStep + j);
      }
      j += 4;
    }
    for (; j < length; j++) {
      for (int i = 0; i < lines; i++) {
        y[to + i * toStep + j] += x[from + i * fromStep + j];
      }
    }
  }
}
