package io.github.bmr4j.kernels;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Pooling of one plane by squares of two by two that lie side by side. A vector holds the columns
 * of several squares; where a row ends within a vector, the last one is moved back and does some
 * squares twice, which is why gradients are stored here and never added.
 */
final class PoolingTiles {

  /** Short vectors: rows are short, and memory is the limit here. */
  private static final VectorSpecies<Float> COLUMNS =
      SimdSpecies.LANES >= 8 ? FloatVector.SPECIES_256 : FloatVector.SPECIES_128;

  private static final int LANES = COLUMNS.length();

  /** As many squares as {@link #COLUMNS} has. */
  private static final VectorSpecies<Float> SQUARES =
      SimdSpecies.LANES >= 8 ? FloatVector.SPECIES_128 : FloatVector.SPECIES_64;

  /** Lane 2i and 2i + 1 exchanged. */
  private static final VectorShuffle<Float> NEIGHBOUR = VectorShuffle.fromOp(COLUMNS, i -> i ^ 1);

  /** Lane i from lane 2i, for the first half of the lanes. */
  private static final VectorShuffle<Float> EVEN =
      VectorShuffle.fromOp(COLUMNS, i -> 2 * i % LANES);

  /** Lanes 2i and 2i + 1 from lane i. */
  private static final VectorShuffle<Float> TWICE = VectorShuffle.fromOp(COLUMNS, i -> i / 2);

  /** 1 in the right column of each square. */
  private static final float[] ODD = {0, 1, 0, 1, 0, 1, 0, 1};

  /** Elements behind the results of a plane that pullbacks read. */
  static final int SLACK = LANES / 2;

  private PoolingTiles() {}

  /** Whether a pooling is of this kind, with rows that are long enough at every vector width. */
  static boolean fit(PoolingShape shape) {
    Window w = shape.window();
    return w.height() == 2
        && w.width() == 2
        && w.verticalStride() == 2
        && w.horizontalStride() == 2
        && w.verticalPadding() + w.horizontalPadding() == 0
        && shape.outputWidth() >= 4;
  }

  /** y = the largest of each square. */
  static void maximum(float[] x, int from, int pitch, float[] y, int to, int height, int width) {
    int lastStart = width - LANES / 2;
    for (int i = 0; i < height; i++) {
      int row = from + 2 * i * pitch;
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        FloatVector m =
            FloatVector.fromArray(COLUMNS, x, row + 2 * at)
                .max(FloatVector.fromArray(COLUMNS, x, row + pitch + 2 * at));
        FloatVector largest = m.max(m.rearrange(NEIGHBOUR)).rearrange(EVEN);
        ((FloatVector) largest.reinterpretShape(SQUARES, 0)).intoArray(y, to + i * width + at);
      }
    }
  }

  /** dx = dy at the first of the largest elements of each square, 0 at the others. */
  static void maximumPullback(
      float[] x,
      int from,
      int pitch,
      float[] y,
      int results,
      float[] dy,
      int gradients,
      float[] dx,
      int to,
      int height,
      int width) {
    int lastStart = width - LANES / 2;
    FloatVector zero = FloatVector.zero(COLUMNS);
    FloatVector one = FloatVector.broadcast(COLUMNS, 1);
    FloatVector odd = FloatVector.fromArray(COLUMNS, ODD, 0);
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        int above = 2 * i * pitch + 2 * at;
        int below = above + pitch;
        int square = i * width + at;
        FloatVector largest = FloatVector.fromArray(COLUMNS, y, results + square).rearrange(TWICE);
        FloatVector gradient =
            FloatVector.fromArray(COLUMNS, dy, gradients + square).rearrange(TWICE).add(zero);
        // 1 where the largest value is, in arithmetic, since operations on masks are slow.
        FloatVector a =
            zero.blend(one, FloatVector.fromArray(COLUMNS, x, from + above).compare(EQ, largest));
        FloatVector b =
            zero.blend(one, FloatVector.fromArray(COLUMNS, x, from + below).compare(EQ, largest));
        FloatVector besideA = a.rearrange(NEIGHBOUR);
        FloatVector firstA = a.sub(a.mul(besideA).mul(odd));
        FloatVector noneAbove = one.sub(a.max(besideA));
        FloatVector firstB = b.sub(b.mul(b.rearrange(NEIGHBOUR)).mul(odd)).mul(noneAbove);
        zero.blend(gradient, firstA.compare(GT, zero)).intoArray(dx, to + above);
        zero.blend(gradient, firstB.compare(GT, zero)).intoArray(dx, to + below);
      }
    }
  }

  /** y = the mean of each square. */
  static void average(float[] x, int from, int pitch, float[] y, int to, int height, int width) {
    int lastStart = width - LANES / 2;
    FloatVector quarter = FloatVector.broadcast(COLUMNS, 0.25f);
    for (int i = 0; i < height; i++) {
      int row = from + 2 * i * pitch;
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        FloatVector m =
            FloatVector.fromArray(COLUMNS, x, row + 2 * at)
                .add(FloatVector.fromArray(COLUMNS, x, row + pitch + 2 * at));
        FloatVector mean = m.add(m.rearrange(NEIGHBOUR)).mul(quarter).rearrange(EVEN);
        ((FloatVector) mean.reinterpretShape(SQUARES, 0)).intoArray(y, to + i * width + at);
      }
    }
  }

  /** dx = a quarter of the square's gradient. */
  static void averagePullback(
      float[] dy, int gradients, float[] dx, int to, int pitch, int height, int width) {
    int lastStart = width - LANES / 2;
    FloatVector zero = FloatVector.zero(COLUMNS);
    FloatVector quarter = FloatVector.broadcast(COLUMNS, 0.25f);
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        int above = to + 2 * i * pitch + 2 * at;
        FloatVector share =
            FloatVector.fromArray(COLUMNS, dy, gradients + i * width + at)
                .rearrange(TWICE)
                .mul(quarter)
                .add(zero);
        share.intoArray(dx, above);
        share.intoArray(dx, above + pitch);
      }
    }
  }
}
