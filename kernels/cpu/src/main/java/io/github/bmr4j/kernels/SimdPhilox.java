package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.SimdSpecies.INT;
import static io.github.bmr4j.kernels.SimdSpecies.LANES;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Philox} on vectors: each lane has a counter of its own, each vector one of its words.
 *
 * <p>The Vector API has no multiplication of 32 by 32 bits to 64, but the product of long lanes
 * whose operands visibly have no high half compiles to one (vpmuludq on x86). So the high halves of
 * a product come from two of these, one for the even and one for the odd lanes.
 */
final class SimdPhilox {

  private static final int COUNTERS = ScalarNoiseKernels.COUNTERS;
  private static final long LOW = 0xFFFF_FFFFL;
  private static final long MULTIPLIER_0 = Philox.MULTIPLIER_0 & LOW;
  private static final long MULTIPLIER_1 = Philox.MULTIPLIER_1 & LOW;

  /** 0, 1, 2, …: the counters of one vector. */
  private static final VectorSpecies<Long> LONG =
      VectorSpecies.of(long.class, VectorShape.forBitSize(SimdSpecies.BITS));

  private static final IntVector LANE = IntVector.zero(INT).addIndex(1);

  private SimdPhilox() {}

  /**
   * Writes the words of whole groups as the bits of floats, in the order of {@link NoiseKernels}.
   *
   * @param seed the key
   * @param stream counter word 1
   * @param step counter words 2 and 3
   * @param firstGroup the first group
   * @param groups how many
   * @param out receives 64 words a group
   * @param offset where in {@code out}
   */
  static void words(
      long seed, int stream, long step, int firstGroup, int groups, float[] out, int offset) {
    int last = groups - 1;
    for (int group = 0; group < groups; group += 2) {
      // Where the groups are odd in number, the last is written twice.
      int other = Math.min(group + 1, last);
      int a = COUNTERS * (firstGroup + group);
      int b = COUNTERS * (firstGroup + other);
      int atA = offset + 4 * COUNTERS * group;
      int atB = offset + 4 * COUNTERS * other;
      for (int lane = 0; lane < COUNTERS; lane += LANES) {
        counters(seed, stream, step, a + lane, b + lane, out, atA + lane, atB + lane);
      }
    }
  }

  /**
   * The words of {@code LANES} counters from {@code firstA} and as many from {@code firstB}, each
   * word sixteen floats after the last. Two sets at once, since the rounds of one are a chain whose
   * latency would leave the processor idle.
   *
   * <p>Long on purpose, and only one helper, called early: C2 does not inline a method of this size
   * into its caller, and in a method of this size it inlines the Vector API to the end, but nothing
   * else; a call that is not inlined boxes its vectors and is ten times slower.
   */
  private static void counters(
      long seed, int stream, long step, int firstA, int firstB, float[] out, int atA, int atB) {
    int key0 = (int) seed;
    int key1 = (int) (seed >>> 32);
    IntVector a0 = LANE.add(firstA);
    IntVector b0 = LANE.add(firstB);
    IntVector a1 = IntVector.broadcast(INT, stream);
    IntVector b1 = a1;
    IntVector a2 = IntVector.broadcast(INT, (int) step);
    IntVector b2 = a2;
    IntVector a3 = IntVector.broadcast(INT, (int) (step >>> 32));
    IntVector b3 = a3;
    for (int round = 0; round < Philox.ROUNDS; round++) {
      IntVector highA0 = high(a0, MULTIPLIER_0);
      IntVector highB0 = high(b0, MULTIPLIER_0);
      IntVector highA1 = high(a2, MULTIPLIER_1);
      IntVector highB1 = high(b2, MULTIPLIER_1);
      IntVector lowA0 = a0.mul(Philox.MULTIPLIER_0);
      IntVector lowB0 = b0.mul(Philox.MULTIPLIER_0);
      IntVector lowA1 = a2.mul(Philox.MULTIPLIER_1);
      IntVector lowB1 = b2.mul(Philox.MULTIPLIER_1);
      a0 = a1.lanewise(XOR, key0).lanewise(XOR, highA1);
      b0 = b1.lanewise(XOR, key0).lanewise(XOR, highB1);
      a1 = lowA1;
      b1 = lowB1;
      a2 = a3.lanewise(XOR, key1).lanewise(XOR, highA0);
      b2 = b3.lanewise(XOR, key1).lanewise(XOR, highB0);
      a3 = lowA0;
      b3 = lowB0;
      key0 += Philox.WEYL_0;
      key1 += Philox.WEYL_1;
    }
    a0.reinterpretAsFloats().intoArray(out, atA);
    a1.reinterpretAsFloats().intoArray(out, atA + COUNTERS);
    a2.reinterpretAsFloats().intoArray(out, atA + 2 * COUNTERS);
    a3.reinterpretAsFloats().intoArray(out, atA + 3 * COUNTERS);
    b0.reinterpretAsFloats().intoArray(out, atB);
    b1.reinterpretAsFloats().intoArray(out, atB + COUNTERS);
    b2.reinterpretAsFloats().intoArray(out, atB + 2 * COUNTERS);
    b3.reinterpretAsFloats().intoArray(out, atB + 3 * COUNTERS);
  }

  /** The high halves of the unsigned products. */
  private static IntVector high(IntVector x, long factor) {
    // The mask is what C2 looks for; it cannot see that a constant has no high half.
    LongVector multiplier = LongVector.broadcast(LONG, factor).and(LOW);
    LongVector pairs = x.reinterpretAsLongs();
    LongVector even = pairs.and(LOW).mul(multiplier).lanewise(LSHR, 32);
    LongVector odd = pairs.lanewise(LSHR, 32).mul(multiplier).and(~LOW);
    return even.or(odd).reinterpretAsInts();
  }
}
