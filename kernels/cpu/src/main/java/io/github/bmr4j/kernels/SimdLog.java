package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.INT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/** The natural logarithm of a block of scratch memory, as a loop of its own. */
final class SimdLog {

  /** Bits of √½, where the mantissa begins. */
  private static final int ROOT_HALF = 0x3F3504F3;

  /** Bits of the least and the greatest float with an exponent of its own. */
  private static final int NORMAL_MIN = 0x00800000;

  private static final int NORMAL_MAX = 0x7F7FFFFF;

  private SimdLog() {}

  /**
   * y = ln x for every float: ln 0 = −∞, NaN for negative numbers and NaN. Error at most two units
   * in the last place; ln 1 is exactly 0.
   *
   * @param x whole vectors of numbers
   * @param count how many; a multiple of the lanes
   * @param y another array
   */
  static void of(float[] x, int count, float[] y) {
    if (!normals(x, count, y)) {
      for (int i = 0; i < count; i++) {
        int bits = Float.floatToRawIntBits(x[i]);
        if (bits < NORMAL_MIN || bits > NORMAL_MAX) {
          y[i] = (float) Math.log(x[i]);
        }
      }
    }
  }

  /** Logarithms of positive normal numbers; false if there were others. */
  private static boolean normals(float[] x, int count, float[] y) {
    IntVector low = IntVector.broadcast(INT, NORMAL_MIN);
    IntVector high = low;
    for (int i = 0; i < count; i += LANES) {
      // x = 2ᵉ (1 + f) with √½ ≤ 1 + f < √2.
      IntVector bits = FloatVector.fromArray(FLOAT, x, i).reinterpretAsInts();
      low = low.lanewise(MIN, bits);
      high = high.lanewise(MAX, bits);
      IntVector exponent = bits.sub(ROOT_HALF).lanewise(ASHR, 23);
      FloatVector f = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(1f);
      FloatVector e = (FloatVector) exponent.convert(I2F, 0);
      // ln(1 + f) = f − f²/2 + f³ Q(f), Q minimax (Remez) of relative error 2⁻²³·⁹.
      FloatVector q = f.fma(broadcast(FLOAT, 0.08700408f), broadcast(FLOAT, -0.14267446f));
      q = q.fma(f, broadcast(FLOAT, 0.14914759f)).fma(f, broadcast(FLOAT, -0.1657759f));
      q = q.fma(f, broadcast(FLOAT, 0.19963065f)).fma(f, broadcast(FLOAT, -0.25001338f));
      q = q.fma(f, broadcast(FLOAT, 0.3333391f)).fma(f, broadcast(FLOAT, -0.5f));
      // ln 2 in two parts, so that its error does not grow with the exponent.
      FloatVector small = e.fma(broadcast(FLOAT, -0.00021219444f), f.mul(f).mul(q)).add(f);
      e.fma(broadcast(FLOAT, 0.6933594f), small).intoArray(y, i);
    }
    return low.reduceLanes(MIN) >= NORMAL_MIN && high.reduceLanes(MAX) <= NORMAL_MAX;
  }
}
