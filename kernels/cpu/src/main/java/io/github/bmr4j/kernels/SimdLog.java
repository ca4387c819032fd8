package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;

/** The natural logarithm of a block of scratch memory, as a loop of its own. */
final class SimdLog {

  /** Bits of √½, where the mantissa begins. */
  private static final int ROOT_HALF = 0x3F3504F3;

  private SimdLog() {}

  /**
   * x = ln x for every float: ln 0 = −∞, NaN for negative numbers and NaN, subnormal numbers
   * included. Error at most 1.5 units in the last place; ln 1 is exactly 0.
   *
   * @param x whole vectors of numbers
   * @param count how many; rounded up to whole vectors
   */
  static void replace(float[] x, int count) {
    for (int i = 0; i < count; i += LANES) {
      FloatVector given = FloatVector.fromArray(FLOAT, x, i);
      VectorMask<Float> tiny = given.compare(LT, Float.MIN_NORMAL);
      FloatVector normal = given.blend(given.mul(0x1p24f), tiny);
      // x = 2ᵉ (1 + f) with √½ ≤ 1 + f < √2.
      IntVector bits = normal.reinterpretAsInts();
      IntVector exponent = bits.sub(ROOT_HALF).lanewise(ASHR, 23);
      FloatVector f = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(1f);
      FloatVector e = (FloatVector) exponent.convert(I2F, 0);
      e = e.blend(e.sub(24f), tiny);
      // ln(1 + f) = f − f²/2 + f³ Q(f), Q minimax (Remez) of relative error 2⁻²³·⁹.
      FloatVector q = f.fma(broadcast(FLOAT, 0.087004082f), broadcast(FLOAT, -0.1426744555f));
      q = q.fma(f, broadcast(FLOAT, 0.1491475896f)).fma(f, broadcast(FLOAT, -0.1657758986f));
      q = q.fma(f, broadcast(FLOAT, 0.1996306524f)).fma(f, broadcast(FLOAT, -0.250013369f));
      q = q.fma(f, broadcast(FLOAT, 0.333339107f)).fma(f, broadcast(FLOAT, -0.5f));
      FloatVector square = f.mul(f);
      // ln 2 in two parts, so that its error does not grow with the exponent.
      q = e.fma(broadcast(FLOAT, -2.12194440e-4f), square.mul(q)).add(f);
      FloatVector log = e.fma(broadcast(FLOAT, 0.693359375f), q);
      // What is not positive and finite.
      log = log.blend(given, given.compare(GT, Float.MAX_VALUE));
      log = log.blend(Float.NEGATIVE_INFINITY, given.abs().compare(LT, Float.MIN_VALUE));
      VectorMask<Float> real = given.compare(GE, 0f);
      broadcast(FLOAT, Float.NaN).blend(log, real).intoArray(x, i);
    }
  }
}
