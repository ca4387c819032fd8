package io.github.bmr4j.kernels;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Transposes square blocks in registers, in log₂(lanes) rounds. The round of distance d swaps, in
 * each pair of rows d apart, the upper lanes of the first (those with bit d set) with the lower
 * ones of the second: one rotation by d lanes and one blend a row.
 */
final class Transpose {

  private static final VectorSpecies<Float> FLOAT = SimdSpecies.FLOAT;

  private static final VectorMask<Float> HIGH_8 = high(8);
  private static final VectorShuffle<Float> UP_8 = rotation(-8);
  private static final VectorShuffle<Float> DOWN_8 = rotation(8);
  private static final VectorMask<Float> HIGH_4 = high(4);
  private static final VectorShuffle<Float> UP_4 = rotation(-4);
  private static final VectorShuffle<Float> DOWN_4 = rotation(4);
  private static final VectorMask<Float> HIGH_2 = high(2);
  private static final VectorShuffle<Float> UP_2 = rotation(-2);
  private static final VectorShuffle<Float> DOWN_2 = rotation(2);
  private static final VectorMask<Float> HIGH_1 = high(1);
  private static final VectorShuffle<Float> UP_1 = rotation(-1);
  private static final VectorShuffle<Float> DOWN_1 = rotation(1);

  private Transpose() {}

  /** Lanes whose index has bit {@code distance} set. */
  private static VectorMask<Float> high(int distance) {
    boolean[] bits = new boolean[FLOAT.length()];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = (i & distance) != 0;
    }
    return VectorMask.fromArray(FLOAT, bits, 0);
  }

  /** Lane i takes lane i + distance, around the end. */
  private static VectorShuffle<Float> rotation(int distance) {
    return VectorShuffle.fromOp(FLOAT, i -> Math.floorMod(i + distance, FLOAT.length()));
  }

  /**
   * Transposes as many rows as a vector has lanes, eight or sixteen, as many elements at a time;
   * rows beyond {@code last} repeat it.
   *
   * @param source where element (i, k) is {@code source[start + min(i, last) * stride + k]}
   * @param depth how many elements of each row, a multiple of their number
   * @param target where it goes, to {@code target[at + k * width + i]}, in ascending order of k
   */
  static void lanes(
      float[] source,
      int start,
      int stride,
      int last,
      int depth,
      float[] target,
      int at,
      int width) {
    if (FLOAT.length() == 16) {
      sixteen(source, start, stride, last, depth, target, at, width);
    } else {
      eight(source, start, stride, last, depth, target, at, width);
    }
  }

  /** {@link #lanes} with sixteen. */
  private static void sixteen(
      float[] source,
      int start,
      int stride,
      int last,
      int depth,
      float[] target,
      int at,
      int width) {
    for (int k = 0; k < depth; k += 16) {
      FloatVector r0 = FloatVector.fromArray(FLOAT, source, start + k);
      FloatVector r1 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(1, last) * stride);
      FloatVector r2 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(2, last) * stride);
      FloatVector r3 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(3, last) * stride);
      FloatVector r4 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(4, last) * stride);
      FloatVector r5 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(5, last) * stride);
      FloatVector r6 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(6, last) * stride);
      FloatVector r7 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(7, last) * stride);
      FloatVector r8 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(8, last) * stride);
      FloatVector r9 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(9, last) * stride);
      FloatVector r10 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(10, last) * stride);
      FloatVector r11 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(11, last) * stride);
      FloatVector r12 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(12, last) * stride);
      FloatVector r13 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(13, last) * stride);
      FloatVector r14 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(14, last) * stride);
      FloatVector r15 =
          FloatVector.fromArray(FLOAT, source, start + k + Math.min(15, last) * stride);
      FloatVector s0 = r0.blend(r8.rearrange(UP_8), HIGH_8);
      FloatVector s8 = r0.rearrange(DOWN_8).blend(r8, HIGH_8);
      FloatVector s1 = r1.blend(r9.rearrange(UP_8), HIGH_8);
      FloatVector s9 = r1.rearrange(DOWN_8).blend(r9, HIGH_8);
      FloatVector s2 = r2.blend(r10.rearrange(UP_8), HIGH_8);
      FloatVector s10 = r2.rearrange(DOWN_8).blend(r10, HIGH_8);
      FloatVector s3 = r3.blend(r11.rearrange(UP_8), HIGH_8);
      FloatVector s11 = r3.rearrange(DOWN_8).blend(r11, HIGH_8);
      FloatVector s4 = r4.blend(r12.rearrange(UP_8), HIGH_8);
      FloatVector s12 = r4.rearrange(DOWN_8).blend(r12, HIGH_8);
      FloatVector s5 = r5.blend(r13.rearrange(UP_8), HIGH_8);
      FloatVector s13 = r5.rearrange(DOWN_8).blend(r13, HIGH_8);
      FloatVector s6 = r6.blend(r14.rearrange(UP_8), HIGH_8);
      FloatVector s14 = r6.rearrange(DOWN_8).blend(r14, HIGH_8);
      FloatVector s7 = r7.blend(r15.rearrange(UP_8), HIGH_8);
      FloatVector s15 = r7.rearrange(DOWN_8).blend(r15, HIGH_8);
      FloatVector t0 = s0.blend(s4.rearrange(UP_4), HIGH_4);
      FloatVector t4 = s0.rearrange(DOWN_4).blend(s4, HIGH_4);
      FloatVector t1 = s1.blend(s5.rearrange(UP_4), HIGH_4);
      FloatVector t5 = s1.rearrange(DOWN_4).blend(s5, HIGH_4);
      FloatVector t2 = s2.blend(s6.rearrange(UP_4), HIGH_4);
      FloatVector t6 = s2.rearrange(DOWN_4).blend(s6, HIGH_4);
      FloatVector t3 = s3.blend(s7.rearrange(UP_4), HIGH_4);
      FloatVector t7 = s3.rearrange(DOWN_4).blend(s7, HIGH_4);
      FloatVector t8 = s8.blend(s12.rearrange(UP_4), HIGH_4);
      FloatVector t12 = s8.rearrange(DOWN_4).blend(s12, HIGH_4);
      FloatVector t9 = s9.blend(s13.rearrange(UP_4), HIGH_4);
      FloatVector t13 = s9.rearrange(DOWN_4).blend(s13, HIGH_4);
      FloatVector t10 = s10.blend(s14.rearrange(UP_4), HIGH_4);
      FloatVector t14 = s10.rearrange(DOWN_4).blend(s14, HIGH_4);
      FloatVector t11 = s11.blend(s15.rearrange(UP_4), HIGH_4);
      FloatVector t15 = s11.rearrange(DOWN_4).blend(s15, HIGH_4);
      FloatVector u0 = t0.blend(t2.rearrange(UP_2), HIGH_2);
      FloatVector u2 = t0.rearrange(DOWN_2).blend(t2, HIGH_2);
      FloatVector u1 = t1.blend(t3.rearrange(UP_2), HIGH_2);
      FloatVector u3 = t1.rearrange(DOWN_2).blend(t3, HIGH_2);
      FloatVector u4 = t4.blend(t6.rearrange(UP_2), HIGH_2);
      FloatVector u6 = t4.rearrange(DOWN_2).blend(t6, HIGH_2);
      FloatVector u5 = t5.blend(t7.rearrange(UP_2), HIGH_2);
      FloatVector u7 = t5.rearrange(DOWN_2).blend(t7, HIGH_2);
      FloatVector u8 = t8.blend(t10.rearrange(UP_2), HIGH_2);
      FloatVector u10 = t8.rearrange(DOWN_2).blend(t10, HIGH_2);
      FloatVector u9 = t9.blend(t11.rearrange(UP_2), HIGH_2);
      FloatVector u11 = t9.rearrange(DOWN_2).blend(t11, HIGH_2);
      FloatVector u12 = t12.blend(t14.rearrange(UP_2), HIGH_2);
      FloatVector u14 = t12.rearrange(DOWN_2).blend(t14, HIGH_2);
      FloatVector u13 = t13.blend(t15.rearrange(UP_2), HIGH_2);
      FloatVector u15 = t13.rearrange(DOWN_2).blend(t15, HIGH_2);
      FloatVector v0 = u0.blend(u1.rearrange(UP_1), HIGH_1);
      FloatVector v1 = u0.rearrange(DOWN_1).blend(u1, HIGH_1);
      FloatVector v2 = u2.blend(u3.rearrange(UP_1), HIGH_1);
      FloatVector v3 = u2.rearrange(DOWN_1).blend(u3, HIGH_1);
      FloatVector v4 = u4.blend(u5.rearrange(UP_1), HIGH_1);
      FloatVector v5 = u4.rearrange(DOWN_1).blend(u5, HIGH_1);
      FloatVector v6 = u6.blend(u7.rearrange(UP_1), HIGH_1);
      FloatVector v7 = u6.rearrange(DOWN_1).blend(u7, HIGH_1);
      FloatVector v8 = u8.blend(u9.rearrange(UP_1), HIGH_1);
      FloatVector v9 = u8.rearrange(DOWN_1).blend(u9, HIGH_1);
      FloatVector v10 = u10.blend(u11.rearrange(UP_1), HIGH_1);
      FloatVector v11 = u10.rearrange(DOWN_1).blend(u11, HIGH_1);
      FloatVector v12 = u12.blend(u13.rearrange(UP_1), HIGH_1);
      FloatVector v13 = u12.rearrange(DOWN_1).blend(u13, HIGH_1);
      FloatVector v14 = u14.blend(u15.rearrange(UP_1), HIGH_1);
      FloatVector v15 = u14.rearrange(DOWN_1).blend(u15, HIGH_1);
      v0.intoArray(target, at + k * width);
      v1.intoArray(target, at + k * width + width);
      v2.intoArray(target, at + k * width + 2 * width);
      v3.intoArray(target, at + k * width + 3 * width);
      v4.intoArray(target, at + k * width + 4 * width);
      v5.intoArray(target, at + k * width + 5 * width);
      v6.intoArray(target, at + k * width + 6 * width);
      v7.intoArray(target, at + k * width + 7 * width);
      v8.intoArray(target, at + k * width + 8 * width);
      v9.intoArray(target, at + k * width + 9 * width);
      v10.intoArray(target, at + k * width + 10 * width);
      v11.intoArray(target, at + k * width + 11 * width);
      v12.intoArray(target, at + k * width + 12 * width);
      v13.intoArray(target, at + k * width + 13 * width);
      v14.intoArray(target, at + k * width + 14 * width);
      v15.intoArray(target, at + k * width + 15 * width);
    }
  }

  /** {@link #lanes} with eight. */
  private static void eight(
      float[] source,
      int start,
      int stride,
      int last,
      int depth,
      float[] target,
      int at,
      int width) {
    for (int k = 0; k < depth; k += 8) {
      FloatVector r0 = FloatVector.fromArray(FLOAT, source, start + k);
      FloatVector r1 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(1, last) * stride);
      FloatVector r2 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(2, last) * stride);
      FloatVector r3 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(3, last) * stride);
      FloatVector r4 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(4, last) * stride);
      FloatVector r5 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(5, last) * stride);
      FloatVector r6 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(6, last) * stride);
      FloatVector r7 = FloatVector.fromArray(FLOAT, source, start + k + Math.min(7, last) * stride);
      FloatVector s0 = r0.blend(r4.rearrange(UP_4), HIGH_4);
      FloatVector s4 = r0.rearrange(DOWN_4).blend(r4, HIGH_4);
      FloatVector s1 = r1.blend(r5.rearrange(UP_4), HIGH_4);
      FloatVector s5 = r1.rearrange(DOWN_4).blend(r5, HIGH_4);
      FloatVector s2 = r2.blend(r6.rearrange(UP_4), HIGH_4);
      FloatVector s6 = r2.rearrange(DOWN_4).blend(r6, HIGH_4);
      FloatVector s3 = r3.blend(r7.rearrange(UP_4), HIGH_4);
      FloatVector s7 = r3.rearrange(DOWN_4).blend(r7, HIGH_4);
      FloatVector t0 = s0.blend(s2.rearrange(UP_2), HIGH_2);
      FloatVector t2 = s0.rearrange(DOWN_2).blend(s2, HIGH_2);
      FloatVector t1 = s1.blend(s3.rearrange(UP_2), HIGH_2);
      FloatVector t3 = s1.rearrange(DOWN_2).blend(s3, HIGH_2);
      FloatVector t4 = s4.blend(s6.rearrange(UP_2), HIGH_2);
      FloatVector t6 = s4.rearrange(DOWN_2).blend(s6, HIGH_2);
      FloatVector t5 = s5.blend(s7.rearrange(UP_2), HIGH_2);
      FloatVector t7 = s5.rearrange(DOWN_2).blend(s7, HIGH_2);
      FloatVector u0 = t0.blend(t1.rearrange(UP_1), HIGH_1);
      FloatVector u1 = t0.rearrange(DOWN_1).blend(t1, HIGH_1);
      FloatVector u2 = t2.blend(t3.rearrange(UP_1), HIGH_1);
      FloatVector u3 = t2.rearrange(DOWN_1).blend(t3, HIGH_1);
      FloatVector u4 = t4.blend(t5.rearrange(UP_1), HIGH_1);
      FloatVector u5 = t4.rearrange(DOWN_1).blend(t5, HIGH_1);
      FloatVector u6 = t6.blend(t7.rearrange(UP_1), HIGH_1);
      FloatVector u7 = t6.rearrange(DOWN_1).blend(t7, HIGH_1);
      u0.intoArray(target, at + k * width);
      u1.intoArray(target, at + k * width + width);
      u2.intoArray(target, at + k * width + 2 * width);
      u3.intoArray(target, at + k * width + 3 * width);
      u4.intoArray(target, at + k * width + 4 * width);
      u5.intoArray(target, at + k * width + 5 * width);
      u6.intoArray(target, at + k * width + 6 * width);
      u7.intoArray(target, at + k * width + 7 * width);
    }
  }
}
