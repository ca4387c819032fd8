package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertGuards;
import static io.github.bmr4j.kernels.KernelData.assertSame;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class NoiseKernelsTest {

  private static final long SEED = 0x1234_5678_9abc_def0L;
  private static final long STEP = 0x1_0000_0007L;

  /** The error that {@link NoiseKernels#normal} promises. */
  private static final double ERROR = 0x1p-20;

  private static final WorkerPool POOL = new WorkerPool(1);

  private final NoiseKernels scalar = new ScalarNoiseKernels();
  private final NoiseKernels simd = new SimdNoiseKernels(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  @Test
  @Tag("width")
  void simdDrawsWhatScalarDraws() {
    for (int n : SIZES) {
      Slice expected = guarded(n);
      Slice actual = guarded(n);
      scalar.normal(SEED, 3, STEP, expected);
      simd.normal(SEED, 3, STEP, actual);
      assertClose(expected, actual, ERROR, 0, "normal, n = " + n);
      scalar.uniform(SEED, 3, STEP, expected);
      simd.uniform(SEED, 3, STEP, actual);
      assertSame(expected, actual, "uniform, n = " + n);
      assertGuards(actual);
    }
  }

  @Test
  @Tag("width")
  void aDrawDependsOnItsIndexAlone() {
    Slice whole = guarded(40_001);
    simd.normal(SEED, -1, STEP, whole);
    for (int n : SIZES) {
      for (int offset : new int[] {0, 1, 13}) {
        Slice part = new Slice(new float[n + offset], offset, n);
        simd.normal(SEED, -1, STEP, part);
        assertSame(whole.slice(0, n), part, "n = " + n + ", offset " + offset);
      }
    }
  }

  @Test
  void threadsDoNotChangeABit() {
    Slice expected = guarded(100_003);
    simd.normal(SEED, 9, STEP, expected);
    for (int threads = 2; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        Slice actual = guarded(100_003);
        new SimdNoiseKernels(pool).normal(SEED, 9, STEP, actual);
        assertSame(expected, actual, threads + " threads");
      }
    }
  }

  @Test
  @Tag("width")
  void everyWidthGivesTheRecordedBits() {
    Slice out = guarded(10_001);
    simd.normal(SEED, 5, STEP, out);
    assertEquals(NORMAL_CHECKSUM, KernelData.checksum(out));
  }

  @Test
  @Tag("width")
  void staysRightOnceCompiled() {
    Slice expected = guarded(77);
    Slice actual = guarded(77);
    for (int step = 0; step < 20_000; step++) {
      simd.normal(SEED, 1, step, actual);
      if (step % 1000 == 999) {
        scalar.normal(SEED, 1, step, expected);
        assertClose(expected, actual, ERROR, 0, "step " + step);
      }
    }
  }

  @Test
  void seedStreamAndStepEachChangeTheDraws() {
    Slice base = guarded(64);
    simd.normal(1, 2, 3, base);
    long[][] others = {{2, 2, 3}, {1L << 32 | 1, 2, 3}, {1, 3, 3}, {1, 2, 4}, {1, 2, 1L << 32 | 3}};
    for (long[] other : others) {
      Slice draws = guarded(64);
      simd.normal(other[0], (int) other[1], other[2], draws);
      assertEquals(0, correlation(base, draws, 0), 0.5, Arrays.toString(other));
    }
  }

  /** Moments, tails and neighbours of a million draws, within five standard errors. */
  @Test
  void normalNumbersAreNormal() {
    int n = 1 << 20;
    Slice x = Slice.allocate(n);
    simd.normal(42, 0, 0, x);
    double[] moments = new double[5];
    int beyond3 = 0;
    for (int i = 0; i < n; i++) {
      double power = 1;
      for (int k = 1; k <= 4; k++) {
        power *= x.get(i);
        moments[k] += power / n;
      }
      beyond3 += Math.abs(x.get(i)) > 3 ? 1 : 0;
    }
    double error = 1 / Math.sqrt(n);
    assertEquals(0, moments[1], 5 * error);
    assertEquals(1, moments[2], 5 * Math.sqrt(2) * error);
    assertEquals(0, moments[3], 5 * Math.sqrt(15) * error);
    assertEquals(3, moments[4], 5 * Math.sqrt(96) * error);
    double tail = 0.0026997960632601866;
    assertEquals(tail, beyond3 / (double) n, 5 * Math.sqrt(tail) * error);
    // Neighbours, the two draws of a Box-Muller pair, the words of a counter, and groups.
    for (int lag : new int[] {1, 2, 15, 16, 32, 48, 64, 1024}) {
      assertEquals(0, correlation(x, x, lag), 5 * error, "lag " + lag);
    }
  }

  /** Kolmogorov and Smirnov's statistic against Φ; its 99.9 % point is 1.95 / √n. */
  @Test
  void normalNumbersFollowTheirDistribution() {
    int n = 1 << 17;
    Slice out = Slice.allocate(n);
    simd.normal(7, 1, 1, out);
    float[] x = out.toArray();
    Arrays.sort(x);
    double worst = 0;
    for (int i = 0; i < n; i++) {
      double p = normalDistribution(x[i]);
      worst = Math.max(worst, Math.max(p - i / (double) n, (i + 1) / (double) n - p));
    }
    assertTrue(worst < 1.95 / Math.sqrt(n), "largest deviation " + worst);
    assertTrue(worst > 0.1 / Math.sqrt(n), "too even to be random: " + worst);
    assertTrue(x[n - 1] < 5.77f && x[0] > -5.77f);
  }

  @Test
  void uniformNumbersLieInsideTheUnitInterval() {
    Slice out = Slice.allocate(1 << 20);
    simd.uniform(3, 1, 4, out);
    double mean = 0;
    for (int i = 0; i < out.length(); i++) {
      assertTrue(out.get(i) > 0 && out.get(i) < 1);
      mean += out.get(i) / out.length();
    }
    assertEquals(0.5, mean, 5 * Math.sqrt(1.0 / 12 / out.length()));
  }

  /** Mean product of draws {@code lag} apart. */
  private static double correlation(Slice x, Slice y, int lag) {
    double sum = 0;
    int n = x.length() - lag;
    for (int i = 0; i < n; i++) {
      sum += (double) x.get(i) * y.get(i + lag) / n;
    }
    return sum;
  }

  /** Φ by Simpson's rule from 0, exact to some 1e-9. */
  private static double normalDistribution(double x) {
    int steps = 64;
    double h = x / steps;
    double sum = 1 + Math.exp(-x * x / 2);
    for (int i = 1; i < steps; i++) {
      sum += (i % 2 == 0 ? 2 : 4) * Math.exp(-(i * h) * (i * h) / 2);
    }
    return 0.5 + sum * h / 3 / Math.sqrt(2 * Math.PI);
  }

  /** Recorded at 512 bits; whatever the width, the draws have these bits. */
  private static final long NORMAL_CHECKSUM = 6608614977121797724L;
}
