package io.github.bmr4j.kernels;

import static jdk.incubator.vector.VectorOperators.EQ;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
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

  private static final VectorMask<Float> ODD = VectorMask.fromLong(COLUMNS, 0xAAAAAAAAL);

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
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        int above = 2 * i * pitch + 2 * at;
        int below = above + pitch;
        int square = i * width + at;
        FloatVector largest = twice(FloatVector.fromArray(SQUARES, y, results + square));
        FloatVector gradient = twice(FloatVector.fromArray(SQUARES, dy, gradients + square));
        FloatVector one = FloatVector.broadcast(COLUMNS, 1);
        VectorMask<Float> isAbove =
            FloatVector.fromArray(COLUMNS, x, from + above).compare(EQ, largest);
        VectorMask<Float> isBelow =
            FloatVector.fromArray(COLUMNS, x, from + below).compare(EQ, largest);
        FloatVector oneAbove = zero.blend(one, isAbove);
        FloatVector oneBelow = zero.blend(one, isBelow);
        FloatVector besideAbove = oneAbove.rearrange(NEIGHBOUR);
        FloatVector besideBelow = oneBelow.rearrange(NEIGHBOUR);
        VectorMask<Float> noneAbove = oneAbove.add(besideAbove).compare(EQ, zero);
        VectorMask<Float> firstAbove = isAbove.andNot(besideAbove.compare(EQ, one).and(ODD));
        VectorMask<Float> firstBelow = isBelow.andNot(besideBelow.compare(EQ, one).and(ODD));
        zero.blend(gradient, firstAbove).intoArray(dx, to + above);
        zero.blend(gradient, firstBelow.and(noneAbove)).intoArray(dx, to + below);
      }
    }
  }

  private static FloatVector twice(FloatVector squares) {
    return ((FloatVector) squares.reinterpretShape(COLUMNS, 0)).rearrange(TWICE);
  }

  /** y = the mean of each square. */
  static void average(float[] x, int from, int pitch, float[] y, int to, int height, int width) {
    int lastStart = width - LANES / 2;
    for (int i = 0; i < height; i++) {
      int row = from + 2 * i * pitch;
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        FloatVector m =
            FloatVector.fromArray(COLUMNS, x, row + 2 * at)
                .add(FloatVector.fromArray(COLUMNS, x, row + pitch + 2 * at));
        FloatVector mean = m.add(m.rearrange(NEIGHBOUR)).mul(0.25f).rearrange(EVEN);
        ((FloatVector) mean.reinterpretShape(SQUARES, 0)).intoArray(y, to + i * width + at);
      }
    }
  }

  /** dx = a quarter of the square's gradient. */
  static void averagePullback(
      float[] dy, int gradients, float[] dx, int to, int pitch, int height, int width) {
    int lastStart = width - LANES / 2;
    for (int i = 0; i < height; i++) {
      for (int j = 0; j < width; j += LANES / 2) {
        int at = Math.min(j, lastStart);
        int above = to + 2 * i * pitch + 2 * at;
        FloatVector share =
            twice(FloatVector.fromArray(SQUARES, dy, gradients + i * width + at)).mul(0.25f);
        share.intoArray(dx, above);
        share.intoArray(dx, above + pitch);
      }
    }
  }
}
