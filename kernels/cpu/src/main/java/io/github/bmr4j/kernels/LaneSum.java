package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;

import jdk.incubator.vector.FloatVector;

/**
 * Sums whose bits depend neither on the vector width nor on the threads: always sixteen float lanes
 * over a short block, whatever the width, then the lanes in order in double.
 */
final class LaneSum {

  /** Lanes of a block's sum, real or not. */
  static final int VIRTUAL_LANES = 16;

  private LaneSum() {}

  /**
   * Σ x.
   *
   * @param x the terms; read up to the next multiple of sixteen elements, which must be zeros
   * @param offset where they start
   * @param count how many; few enough for float accumulators, such as 1,024
   * @param lanes sixteen floats of scratch
   */
  static double of(float[] x, int offset, int count, float[] lanes) {
    for (int lane = 0; lane < VIRTUAL_LANES; lane += LANES) {
      FloatVector sum = FloatVector.zero(FLOAT);
      for (int i = lane; i < count; i += VIRTUAL_LANES) {
        sum = sum.add(FloatVector.fromArray(FLOAT, x, offset + i));
      }
      sum.intoArray(lanes, lane);
    }
    double total = 0;
    for (float lane : lanes) {
      total += lane;
    }
    return total;
  }
}
