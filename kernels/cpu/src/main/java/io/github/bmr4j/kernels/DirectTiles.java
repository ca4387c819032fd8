package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * The innermost loops of {@link DirectConvolution}: up to {@link #FILTERS} filters at {@link
 * #POSITIONS} positions of an image that is one line of numbers, held in registers while the patch
 * is gone through. Position p reads p + offset for each element of the patch. Every output is one
 * chain of fused multiply-adds over the patch in ascending order, from 0, so its bits do not depend
 * on how many filters are computed together.
 *
 * <p>With 128 and 256 bits four filters fill 12 + 3 + 1 of 16 registers. One loop for each number
 * of filters: zeros for those that are missing would cost as much as filters do.
 */
final class DirectTiles {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;
  private static final int LANES = SimdSpecies.LANES;

  /** The most filters of a tile. */
  static final int FILTERS = 4;

  /** Positions of a tile. */
  static final int POSITIONS = 3 * LANES;

  private DirectTiles() {}

  /**
   * Stores {@code filters} x {@link #POSITIONS} outputs.
   *
   * @param image the line, readable from {@code position} to the largest offset and {@link
   *     #POSITIONS} beyond
   * @param position of the first output
   * @param offsets of the elements of the patch
   * @param patch how many those are
   * @param weights element k of filter i at {@code weightStart + k * filters + i}
   * @param weightStart the first of the tile
   * @param filters 1 to {@link #FILTERS}
   * @param line where to store
   * @param lineStart the first output of the first filter
   * @param pitch from a filter's outputs to the next one's
   */
  static void convolve(
      float[] image,
      int position,
      int[] offsets,
      int patch,
      float[] weights,
      int weightStart,
      int filters,
      float[] line,
      int lineStart,
      int pitch) {
    switch (filters) {
      case 1 -> one(image, position, offsets, patch, weights, weightStart, line, lineStart);
      case 2 -> two(image, position, offsets, patch, weights, weightStart, line, lineStart, pitch);
      case 3 ->
          three(image, position, offsets, patch, weights, weightStart, line, lineStart, pitch);
      case 4 -> four(image, position, offsets, patch, weights, weightStart, line, lineStart, pitch);
      default -> throw new IllegalArgumentException("no tile of " + filters + " filters");
    }
  }

  private static void one(
      float[] image,
      int position,
      int[] offsets,
      int patch,
      float[] weights,
      int weightStart,
      float[] line,
      int lineStart) {
    FloatVector a0 = FloatVector.zero(FLOAT);
    FloatVector b0 = FloatVector.zero(FLOAT);
    FloatVector c0 = FloatVector.zero(FLOAT);
    for (int k = 0; k < patch; k++) {
      int at = position + offsets[k];
      FloatVector left = FloatVector.fromArray(FLOAT, image, at);
      FloatVector middle = FloatVector.fromArray(FLOAT, image, at + LANES);
      FloatVector right = FloatVector.fromArray(FLOAT, image, at + 2 * LANES);
      FloatVector w0 = FloatVector.broadcast(FLOAT, weights[weightStart + k]);
      a0 = left.fma(w0, a0);
      b0 = middle.fma(w0, b0);
      c0 = right.fma(w0, c0);
    }
    store(line, lineStart, a0, b0, c0);
  }

  private static void two(
      float[] image,
      int position,
      int[] offsets,
      int patch,
      float[] weights,
      int weightStart,
      float[] line,
      int lineStart,
      int pitch) {
    FloatVector a0 = FloatVector.zero(FLOAT);
    FloatVector b0 = FloatVector.zero(FLOAT);
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector a1 = FloatVector.zero(FLOAT);
    FloatVector b1 = FloatVector.zero(FLOAT);
    FloatVector c1 = FloatVector.zero(FLOAT);
    for (int k = 0; k < patch; k++) {
      int at = position + offsets[k];
      int w = weightStart + 2 * k;
      FloatVector left = FloatVector.fromArray(FLOAT, image, at);
      FloatVector middle = FloatVector.fromArray(FLOAT, image, at + LANES);
      FloatVector right = FloatVector.fromArray(FLOAT, image, at + 2 * LANES);
      FloatVector w0 = FloatVector.broadcast(FLOAT, weights[w]);
      a0 = left.fma(w0, a0);
      b0 = middle.fma(w0, b0);
      c0 = right.fma(w0, c0);
      FloatVector w1 = FloatVector.broadcast(FLOAT, weights[w + 1]);
      a1 = left.fma(w1, a1);
      b1 = middle.fma(w1, b1);
      c1 = right.fma(w1, c1);
    }
    store(line, lineStart, a0, b0, c0);
    store(line, lineStart + pitch, a1, b1, c1);
  }

  private static void three(
      float[] image,
      int position,
      int[] offsets,
      int patch,
      float[] weights,
      int weightStart,
      float[] line,
      int lineStart,
      int pitch) {
    FloatVector a0 = FloatVector.zero(FLOAT);
    FloatVector b0 = FloatVector.zero(FLOAT);
    FloatVector c0 = FloatVector.zero(FLOAT);
    FloatVector a1 = FloatVector.zero(FLOAT);
    FloatVector b1 = FloatVector.zero(FLOAT);
    FloatVector c1 = FloatVector.zero(FLOAT);
    FloatVector a2 = FloatVector.zero(FLOAT);
    FloatVector b2 = FloatVector.zero(FLOAT);
    FloatVector c2 = FloatVector.zero(FLOAT);
    for (int k = 0; k < patch; k++) {
      int at = position + offsets[k];
      int w = weightStart + 3 * k;
      FloatVector left = FloatVector.fromArray(FLOAT, image, at);
      FloatVector middle = FloatVector.fromArray(FLOAT, image, at + LANES);
      FloatVector right = FloatVector.fromArray(FLOAT, image, at + 2 * LANES);
      FloatVector w0 = FloatVector.broadcast(FLOAT, weights[w]);
      a0 = left.fma(w0, a0);
      b0 = middle.fma(w0, b0);
      c0 = right.fma(w0, c0);
      FloatVector w1 = FloatVector.broadcast(FLOAT, weights[w + 1]);
      a1 = left.fma(w1, a1);
      b1 = middle.fma(w1, b1);
      c1 = right.fma(w1, c1);
      FloatVector w2 = FloatVector.broadcast(FLOAT, weights[w + 2]);
      a2 = left.fma(w2, a2);
      b2 = middle.fma(w2, b2);
      c2 = right.fma(w2, c2);
    }
    store(line, lineStart, a0, b0, c0);
    store(line, lineStart + pitch, a1, b1, c1);
    store(line, lineStart + 2 * pitch, a2, b2, c2);
  }

  private static void four(
      float[] image,
      int position,
      int[] offsets,
      int patch,
      float[] weights,
      int weightStart,
      float[] line,
      int lineStart,
      int pitch) {
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
      int at = position + offsets[k];
      int w = weightStart + 4 * k;
      FloatVector left = FloatVector.fromArray(FLOAT, image, at);
      FloatVector middle = FloatVector.fromArray(FLOAT, image, at + LANES);
      FloatVector right = FloatVector.fromArray(FLOAT, image, at + 2 * LANES);
      FloatVector w0 = FloatVector.broadcast(FLOAT, weights[w]);
      a0 = left.fma(w0, a0);
      b0 = middle.fma(w0, b0);
      c0 = right.fma(w0, c0);
      FloatVector w1 = FloatVector.broadcast(FLOAT, weights[w + 1]);
      a1 = left.fma(w1, a1);
      b1 = middle.fma(w1, b1);
      c1 = right.fma(w1, c1);
      FloatVector w2 = FloatVector.broadcast(FLOAT, weights[w + 2]);
      a2 = left.fma(w2, a2);
      b2 = middle.fma(w2, b2);
      c2 = right.fma(w2, c2);
      FloatVector w3 = FloatVector.broadcast(FLOAT, weights[w + 3]);
      a3 = left.fma(w3, a3);
      b3 = middle.fma(w3, b3);
      c3 = right.fma(w3, c3);
    }
    store(line, lineStart, a0, b0, c0);
    store(line, lineStart + pitch, a1, b1, c1);
    store(line, lineStart + 2 * pitch, a2, b2, c2);
    store(line, lineStart + 3 * pitch, a3, b3, c3);
  }

  private static void store(
      float[] line, int at, FloatVector left, FloatVector middle, FloatVector right) {
    left.intoArray(line, at);
    middle.intoArray(line, at + LANES);
    right.intoArray(line, at + 2 * LANES);
  }
}
