package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertGuards;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Draws around means, and their pullback. */
class LocalDrawTest {

  private static final long SEED = 0x1234_5678_9abc_def0L;
  private static final long STEP = 0x1_0000_0007L;
  private static final int STREAM = 5;

  private final NoiseKernels scalar = new ScalarNoiseKernels();

  /** Variances from 0, which a unit without weights has, to 4. */
  private static Slice variances(int n) {
    Slice v = uniform(n, 2, 0, 4);
    for (int i = 0; i < n; i += 7) {
      v.set(i, 0);
    }
    return v;
  }

  @Test
  void scalarFollowsTheFormula() {
    int n = 300;
    Slice mean = uniform(n, 1, -3, 3);
    Slice variance = variances(n);
    Slice noise = guarded(n);
    scalar.normal(SEED, STREAM, STEP, noise);
    Slice deviation = guarded(n);
    Slice out = guarded(n);
    scalar.localDraw(mean, variance, SEED, STREAM, STEP, deviation, out);
    for (int i = 0; i < n; i++) {
      double root = Math.sqrt(variance.get(i) + 1e-20);
      assertEquals(root, deviation.get(i), 1e-7 * root);
      assertEquals(mean.get(i) + root * noise.get(i), out.get(i), 1e-6, "element " + i);
    }
  }

  /** By central differences of Σ ∂y y. */
  @Test
  void scalarPullbackIsTheSlope() {
    int n = 300;
    Slice dy = uniform(n, 3, -2, 2);
    Slice variance = uniform(n, 2, 0.1, 4);
    Slice noise = guarded(n);
    scalar.normal(SEED, STREAM, STEP, noise);
    Slice deviation = guarded(n);
    scalar.localDraw(guarded(n), variance, SEED, STREAM, STEP, deviation, guarded(n));
    Slice slope = guarded(n);
    scalar.localDrawPullback(dy, deviation, SEED, STREAM, STEP, slope, false);
    Slice sum = uniform(n, 4, -1, 1);
    scalar.localDrawPullback(dy, deviation, SEED, STREAM, STEP, sum, true);
    Slice before = uniform(n, 4, -1, 1);
    double h = 1e-5;
    for (int i = 0; i < n; i++) {
      double v = variance.get(i);
      double expected = dy.get(i) * noise.get(i) * (Math.sqrt(v + h) - Math.sqrt(v - h)) / (2 * h);
      assertEquals(expected, slope.get(i), 1e-6 * (1 + Math.abs(expected)), "element " + i);
      assertEquals(before.get(i) + slope.get(i), sum.get(i), 1e-6);
    }
  }

  @Test
  @Tag("width")
  void simdAgreesWithScalar() {
    try (WorkerPool pool = new WorkerPool(1)) {
      NoiseKernels simd = new SimdNoiseKernels(pool);
      for (int n : SIZES) {
        Slice mean = uniform(n, 1, -3, 3);
        Slice variance = variances(n);
        Slice dy = uniform(n, 3, -2, 2);
        Slice[] expected = {guarded(n), guarded(n), guarded(n), uniform(n, 4, -1, 1)};
        Slice[] actual = {guarded(n), guarded(n), guarded(n), uniform(n, 4, -1, 1)};
        run(scalar, mean, variance, dy, expected);
        run(simd, mean, variance, dy, actual);
        for (int i = 0; i < 2; i++) {
          assertClose(expected[i], actual[i], 2e-6, 2e-7, "n = " + n + ", result " + i);
          assertGuards(actual[i]);
        }
        for (int i = 2; i < 4; i++) {
          // Where v is 0, its root is 1e-10.
          assertSlopes(expected[i], actual[i], 1e-5, 1e-5, "n = " + n + ", result " + i, variance);
        }
        assertGuards(actual[2]);
      }
    }
  }

  private static void assertSlopes(
      Slice expected, Slice actual, double absolute, double relative, String what, Slice variance) {
    for (int i = 0; i < expected.length(); i++) {
      double root = Math.max(1e-10, Math.sqrt(variance.get(i)));
      double bound = absolute / root + relative * Math.abs(expected.get(i));
      assertEquals(expected.get(i), actual.get(i), bound, what + ", element " + i);
    }
  }

  /** Results: deviations, draws, the slopes, the slopes added to something. */
  private static void run(
      NoiseKernels kernels, Slice mean, Slice variance, Slice dy, Slice[] results) {
    kernels.localDraw(mean, variance, SEED, STREAM, STEP, results[0], results[1]);
    kernels.localDrawPullback(dy, results[0], SEED, STREAM, STEP, results[2], false);
    kernels.localDrawPullback(dy, results[0], SEED, STREAM, STEP, results[3], true);
  }

  @Test
  @Tag("width")
  void neitherThreadsNorWidthNorTheCompilerChangeABit() {
    int n = 30_011;
    Slice mean = uniform(n, 1, -3, 3);
    Slice variance = variances(n);
    Slice dy = uniform(n, 3, -2, 2);
    for (int threads = 1; threads <= 3; threads++) {
      try (WorkerPool pool = new WorkerPool(threads)) {
        NoiseKernels simd = new SimdNoiseKernels(pool);
        for (int call = 0; call < 100; call++) {
          Slice[] results = {guarded(n), guarded(n), guarded(n), uniform(n, 4, -1, 1)};
          run(simd, mean, variance, dy, results);
          assertEquals(
              1112012424993356232L,
              KernelData.checksum(results),
              threads + " threads, call " + call);
        }
      }
    }
  }

  @Test
  void argumentsThatDoNotFitAreRefused() {
    Slice two = Slice.of(1, 2);
    Slice three = Slice.of(1, 2, 3);
    Slice room = Slice.of(0, 0);
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> scalar.localDraw(two, three, 1, 1, 1, room, Slice.of(0, 0)))
            .getMessage();
    assertTrue(message.startsWith("localDraw: "), message);
    assertTrue(message.contains("2") && message.contains("3"), message);
    assertThrows(
        IllegalArgumentException.class, () -> scalar.localDraw(two, two, 1, 1, 1, room, room));
    assertThrows(
        IllegalArgumentException.class,
        () -> scalar.localDrawPullback(two, room, 1, 1, 1, room, false));
  }
}
