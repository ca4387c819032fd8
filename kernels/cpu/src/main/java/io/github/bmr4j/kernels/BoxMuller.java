package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.FLOAT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.FloatVector.broadcast;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.I2F;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Random words to normal numbers, in place (Box, Muller: A note on the generation of random normal
 * deviates, 1958).
 *
 * <p>A uniform number is (2k + 1) · 2⁻²⁴ with k the top 23 bits of a word, so that it stays an
 * integer until the very end: the exponent for the logarithm and the quadrant of the angle are
 * split off exactly. What remains are minimax polynomials (Remez), whose every operation is rounded
 * alike at each vector width.
 */
final class BoxMuller {

  /** Bits of √½, where the logarithm's mantissa begins. */
  private static final int ROOT_HALF = 0x3F3504F3;

  private static final int COUNTERS = ScalarNoiseKernels.COUNTERS;
  private static final float MINUS_2_LN_2 = -1.3862944f;

  private BoxMuller() {}

  /** Replaces the words of whole groups, parked as bits of floats, by uniform numbers. */
  static void uniforms(float[] x, int offset, int count) {
    for (int i = offset; i < offset + count; i += LANES) {
      IntVector n = FloatVector.fromArray(FLOAT, x, i).reinterpretAsInts().lanewise(LSHR, 8).or(1);
      ((FloatVector) n.convert(I2F, 0)).mul(0x1p-24f).intoArray(x, i);
    }
  }

  /**
   * Replaces the words of whole groups, parked as bits of floats, by normal numbers.
   *
   * <p>In one piece for the reason that {@link SimdPhilox} gives. Polynomial errors: −2 ln(1 + f)
   * relative 2⁻²³·⁹, sin(π/4 · x) absolute 2⁻²⁸, cos(π/4 · x) absolute 2⁻³⁴.
   */
  static void normals(float[] x, int offset, int count) {
    for (int pair = offset; pair < offset + count; pair += 2 * COUNTERS) {
      for (int i = pair; i < pair + COUNTERS; i += LANES) {
        // Radius: 2ᵉ (1 + f) = 2k + 1 with √½ ≤ 1 + f < √2.
        IntVector n = FloatVector.fromArray(FLOAT, x, i).reinterpretAsInts();
        FloatVector whole = (FloatVector) n.lanewise(LSHR, 8).or(1).convert(I2F, 0);
        IntVector bits = whole.reinterpretAsInts();
        IntVector exponent = bits.sub(ROOT_HALF).lanewise(ASHR, 23);
        FloatVector f = bits.sub(exponent.lanewise(LSHL, 23)).reinterpretAsFloats().sub(1f);
        FloatVector p = f.fma(broadcast(FLOAT, -0.17400816f), broadcast(FLOAT, 0.28534892f));
        p = p.fma(f, broadcast(FLOAT, -0.29829517f)).fma(f, broadcast(FLOAT, 0.3315518f));
        p = p.fma(f, broadcast(FLOAT, -0.3992613f)).fma(f, broadcast(FLOAT, 0.50002676f));
        p = p.fma(f, broadcast(FLOAT, -0.6666782f)).fma(f, broadcast(FLOAT, 1f));
        p = p.fma(f, broadcast(FLOAT, -2f)).mul(f);
        FloatVector binary = (FloatVector) exponent.sub(24).convert(I2F, 0);
        FloatVector radius = binary.fma(broadcast(FLOAT, MINUS_2_LN_2), p).sqrt();

        // Angle: quarter turns, rounded to the nearest, and what is left, −1 to 1 eighths of a
        // turn.
        IntVector m = FloatVector.fromArray(FLOAT, x, i + COUNTERS).reinterpretAsInts();
        IntVector angle = m.lanewise(LSHR, 8).or(1);
        IntVector quarter = angle.add(1 << 21).lanewise(LSHR, 22);
        IntVector left = angle.sub(quarter.lanewise(LSHL, 22));
        FloatVector rest = ((FloatVector) left.convert(I2F, 0)).mul(0x1p-21f);
        FloatVector square = rest.mul(rest);
        FloatVector s = square.fma(broadcast(FLOAT, -3.59545e-5f), broadcast(FLOAT, 0.002490007f));
        s = s.fma(square, broadcast(FLOAT, -0.080745436f));
        s = s.fma(square, broadcast(FLOAT, 0.7853982f)).mul(rest);
        FloatVector c = square.fma(broadcast(FLOAT, 3.5298e-6f), broadcast(FLOAT, -0.00032593863f));
        c = c.fma(square, broadcast(FLOAT, 0.015854325f));
        c = c.fma(square, broadcast(FLOAT, -0.30842513f)).fma(square, broadcast(FLOAT, 1f));

        // Odd quarters swap sine and cosine: all bits of swap are set there. Then the signs.
        IntVector swap = quarter.lanewise(LSHL, 31).lanewise(ASHR, 31);
        IntVector sine = s.mul(radius).reinterpretAsInts();
        IntVector cosine = c.mul(radius).reinterpretAsInts();
        IntVector change = sine.lanewise(XOR, cosine).and(swap);
        IntVector sineSign = quarter.lanewise(LSHR, 1).lanewise(LSHL, 31);
        IntVector cosineSign = sineSign.lanewise(XOR, quarter.lanewise(LSHL, 31));
        cosine = cosine.lanewise(XOR, change).lanewise(XOR, cosineSign);
        sine = sine.lanewise(XOR, change).lanewise(XOR, sineSign);
        cosine.reinterpretAsFloats().intoArray(x, i);
        sine.reinterpretAsFloats().intoArray(x, i + COUNTERS);
      }
    }
  }
}
