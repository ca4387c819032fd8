package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The SIMD products against the scalar ones and against the chain that they promise, bit by bit.
 */
@Tag("width")
class SparseKernelsTest {

  private static final int[] BATCHES = {0, 1, 2, 4, 5, 8, 15, 16, 17, 31, 33, 48, 63, 64, 65, 130};
  private static final int[][] LAYERS = {
    {1, 1}, {0, 3}, {3, 0}, {5, 7}, {16, 16}, {17, 33}, {40, 19}, {131, 67}
  };
  private static final double[] DENSITIES = {0, 0.02, 0.3, 1};

  /** A layer with gaps between the rows of x and y, and rows without any weight. */
  private static final class Case {
    final MatrixView x;
    final MatrixView y;
    final SparsePattern pattern;
    final Slice values;
    final Slice bias;
    final float[] before;

    Case(int batch, int in, int out, double density) {
      SplittableRandom random = new SplittableRandom(batch * 1_009L + in * 31L + out);
      float[] weights = new float[out * in];
      for (int i = 0; i < weights.length; i++) {
        boolean emptyRow = density < 1 && i / in % 5 == 2;
        if (!emptyRow && random.nextDouble() < density) {
          weights[i] = (float) random.nextDouble(0.1, 1) * (random.nextBoolean() ? 1 : -1);
        }
      }
      MatrixView matrix = MatrixView.of(out, in, weights);
      pattern = SparsePattern.ofNonZeros(matrix);
      Slice gathered = pattern.gather(matrix);
      values = KernelData.copy(gathered);
      bias = KernelData.uniform(out, 3, -1, 1);
      x = matrix(random, batch, in);
      y = matrix(random, batch, out);
      before = y.array().clone();
    }

    private static MatrixView matrix(SplittableRandom random, int rows, int columns) {
      float[] array = new float[2 + rows * (columns + 3)];
      for (int i = 0; i < array.length; i++) {
        array[i] = (float) random.nextDouble(-1, 1);
      }
      return new MatrixView(array, 2, rows, columns, columns + 3);
    }

    float[] run(SparseKernels kernels, UnaryFunction f) {
      System.arraycopy(before, 0, y.array(), 0, before.length);
      kernels.linear(x, pattern, values, bias, f, y);
      return y.array().clone();
    }

    boolean isOutput(int at) {
      int i = at - y.offset();
      return i >= 0 && i / y.stride() < y.rows() && i % y.stride() < y.columns();
    }
  }

  private static void compare(SparseKernels simd, Case data, UnaryFunction f) {
    float[] expected = data.run(new ScalarSparseKernels(), f);
    float[] sums = data.run(simd, UnaryFunction.IDENTITY);
    float[] actual = data.run(simd, f);
    for (int at = 0; at < actual.length; at++) {
      if (!data.isOutput(at)) {
        assertEquals(data.before[at], actual[at], "beside the output, at " + at);
        continue;
      }
      int i = (at - data.y.offset()) / data.y.stride();
      int j = (at - data.y.offset()) % data.y.stride();
      float chain = 0;
      double magnitude = Math.abs(data.bias.get(j));
      int k = 0;
      for (int p = data.pattern.start(j); p < data.pattern.start(j + 1); p++, k++) {
        float xi = data.x.get(i, data.pattern.column(p));
        chain = Math.fma(xi, data.values.get(p), chain);
        magnitude += Math.abs((double) xi * data.values.get(p));
      }
      assertEquals(chain + data.bias.get(j), sums[at], "chain of " + i + ", " + j);
      // Slopes of these activations are at most 1.2; 6 ulp are their own.
      double tolerance = 1.2 * (k + 1) * 0x1p-24 * magnitude + 6 * Math.ulp(expected[at]);
      assertEquals(expected[at], actual[at], tolerance, f + " of " + i + ", " + j);
    }
  }

  @Test
  void allShapesAndDensities() {
    try (WorkerPool pool = new WorkerPool(1)) {
      SparseKernels simd = new SimdSparseKernels(pool);
      int compared = 0;
      UnaryFunction[] functions = {
        UnaryFunction.IDENTITY, UnaryFunction.RELU, UnaryFunction.SWISH, UnaryFunction.TANH
      };
      for (int batch : BATCHES) {
        for (int[] layer : LAYERS) {
          for (double density : DENSITIES) {
            compare(simd, new Case(batch, layer[0], layer[1], density), functions[compared % 4]);
            compared++;
          }
        }
      }
      assertEquals(BATCHES.length * LAYERS.length * DENSITIES.length, compared);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void largeOnesWithAnyNumberOfThreads(int threads) {
    try (WorkerPool pool = new WorkerPool(threads)) {
      SparseKernels simd = new SimdSparseKernels(pool);
      for (int batch : new int[] {1, 3, 16, 128, 1100}) {
        compare(simd, new Case(batch, 784, 203, 0.2), UnaryFunction.SWISH);
      }
    }
  }

  @Test
  void afterTheCompilerHasSeenThousandsOfCalls() {
    try (WorkerPool pool = new WorkerPool(1)) {
      SparseKernels simd = new SimdSparseKernels(pool);
      Case[] cases = {new Case(1, 30, 21, 0.3), new Case(17, 30, 21, 0.3), new Case(64, 9, 21, 1)};
      for (Case data : cases) {
        for (int i = 0; i < 20_000; i++) {
          simd.linear(data.x, data.pattern, data.values, data.bias, UnaryFunction.RELU, data.y);
        }
      }
      for (Case data : cases) {
        compare(simd, data, UnaryFunction.RELU);
      }
    }
  }

  @Tag("allocation")
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void allocatesNothingOnceCompiled(int threads) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    Case one = new Case(1, 60, 50, 0.1);
    Case many = new Case(70, 60, 50, 0.1);
    long allocated = Long.MAX_VALUE;
    try (WorkerPool pool = new WorkerPool(threads)) {
      SparseKernels simd = new SimdSparseKernels(pool);
      for (int round = 0; round < 200 && allocated > 0; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 500; i++) {
          simd.linear(one.x, one.pattern, one.values, one.bias, UnaryFunction.SWISH, one.y);
          simd.linear(many.x, many.pattern, many.values, many.bias, UnaryFunction.RELU, many.y);
        }
        allocated = bean.getCurrentThreadAllocatedBytes() - before;
      }
    }
    assertEquals(0, allocated);
  }

  @Test
  void wrongArgumentsAreRefusedWithBothValues() {
    try (WorkerPool pool = new WorkerPool(1)) {
      for (SparseKernels kernels :
          new SparseKernels[] {new ScalarSparseKernels(), new SimdSparseKernels(pool)}) {
        Case data = new Case(3, 5, 7, 0.5);
        Slice shortBias = Slice.allocate(6);
        assertRefused(
            "bias must have 7 elements, but has 6",
            () ->
                kernels.linear(
                    data.x, data.pattern, data.values, shortBias, UnaryFunction.IDENTITY, data.y));
        assertRefused(
            "y must be 3 x 7",
            () ->
                kernels.linear(
                    data.x,
                    data.pattern,
                    data.values,
                    data.bias,
                    UnaryFunction.IDENTITY,
                    MatrixView.of(3, 5, new float[15])));
      }
    }
  }

  @Test
  void brokenPatternsAreRefused() {
    assertRefused("has 2 numbers", () -> SparsePattern.of(2, 3, new int[] {0, 1}, new int[] {0}));
    assertRefused(
        "from 0 to 2", () -> SparsePattern.of(2, 3, new int[] {0, 1, 2}, new int[] {0, 1, 2}));
    assertRefused(
        "row 1 goes from 2 to 1",
        () -> SparsePattern.of(3, 3, new int[] {0, 2, 1, 2}, new int[] {0, 1}));
    assertRefused("has column 3", () -> SparsePattern.of(1, 3, new int[] {0, 2}, new int[] {0, 3}));
    assertRefused("has column 1", () -> SparsePattern.of(1, 3, new int[] {0, 2}, new int[] {1, 1}));
    SparsePattern fine = SparsePattern.of(2, 3, new int[] {0, 2, 2}, new int[] {0, 2});
    assertEquals(2, fine.count());
    assertTrue(Arrays.equals(new int[] {0, 2}, fine.indices()));
  }

  private static void assertRefused(String part, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}
