package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIMD pooling against the scalar one. */
@Tag("width")
class PoolingTest {

  private final ConvolutionKernels scalar = new ScalarConvolutionKernels();
  private final List<WorkerPool> pools = new ArrayList<>();

  private ConvolutionKernels simd(int threads) {
    WorkerPool pool = new WorkerPool(threads);
    pools.add(pool);
    return new SimdConvolutionKernels(pool);
  }

  @AfterEach
  void closePools() {
    pools.forEach(WorkerPool::close);
  }

  private static List<PoolingShape> shapes() {
    List<PoolingShape> shapes = new ArrayList<>();
    List<Window> windows =
        List.of(
            Window.tiles(2),
            Window.tiles(1),
            Window.tiles(3),
            Window.square(2),
            Window.square(3, 2, 1),
            Window.square(3, 1, 1),
            new Window(2, 3, 3, 1, 1, 2));
    for (Window window : windows) {
      for (int height : new int[] {3, 4, 8, 11}) {
        for (int width : new int[] {3, 7, 8, 9, 10, 13, 16, 19, 24, 35}) {
          shapes.add(new PoolingShape(1 + shapes.size() % 40, height, width, window));
        }
      }
    }
    return shapes;
  }

  /** With few different values, so that there are many ties. */
  private static Slice coarse(int length, long seed) {
    Slice x = KernelData.uniform(length, seed, -2.5, 2.5);
    for (int i = 0; i < length; i++) {
      x.set(i, Math.round(x.get(i)));
    }
    return x;
  }

  private void compare(ConvolutionKernels simd, PoolingShape shape, boolean accumulate) {
    String what = shape + ", " + SimdSpecies.BITS + " bits";
    Slice x = coarse(shape.inputSize(), 1);
    Slice y = KernelData.guarded(shape.outputSize());
    scalar.maxPool(shape, x, y);
    Slice fast = KernelData.uniform(shape.outputSize(), 2, -1, 1);
    simd.maxPool(shape, x, fast);
    KernelData.assertSame(y, fast, "max " + what);
    KernelData.assertGuards(fast);

    Slice dy = KernelData.uniform(shape.outputSize(), 3, -1, 1);
    Slice expected = KernelData.uniform(shape.inputSize(), 4, -1, 1);
    Slice actual = KernelData.copy(expected);
    scalar.maxPoolPullback(shape, x, y, dy, expected, accumulate);
    simd.maxPoolPullback(shape, x, y, dy, actual, accumulate);
    KernelData.assertClose(expected, actual, 2e-6, 0, "max pullback " + what);

    Slice real = KernelData.uniform(shape.inputSize(), 5, -1, 1);
    scalar.averagePool(shape, real, y);
    simd.averagePool(shape, real, fast);
    KernelData.assertClose(y, fast, 1e-6, 0, "average " + what);
    scalar.averagePoolPullback(shape, dy, expected, accumulate);
    simd.averagePoolPullback(shape, dy, actual, accumulate);
    KernelData.assertClose(expected, actual, 5e-6, 0, "average pullback " + what);
  }

  @Test
  void allShapesAgreeWithTheDefinition() {
    compareAll();
  }

  private void compareAll() {
    ConvolutionKernels simd = simd(2);
    for (PoolingShape shape : shapes()) {
      compare(simd, shape, false);
      compare(simd, shape, true);
    }
  }

  @Test
  void afterTheCompilerHasSeenThousandsOfCalls() {
    ConvolutionKernels simd = simd(1);
    PoolingShape shape = new PoolingShape(2, 9, 27, Window.tiles(2));
    Slice x = coarse(shape.inputSize(), 1);
    Slice y = KernelData.guarded(shape.outputSize());
    Slice dy = KernelData.uniform(shape.outputSize(), 2, -1, 1);
    Slice dx = KernelData.guarded(shape.inputSize());
    for (int i = 0; i < 20_000; i++) {
      simd.averagePool(shape, x, y);
      simd.averagePoolPullback(shape, dy, dx, false);
      simd.maxPool(shape, x, y);
      simd.maxPoolPullback(shape, x, y, dy, dx, false);
    }
    compareAll();
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void theFirstOfTheLargestGetsTheGradient(String name) {
    ConvolutionKernels kernels = name.equals("scalar") ? scalar : simd(1);
    PoolingShape shape = new PoolingShape(1, 2, 8, Window.tiles(2));
    Slice x = Slice.of(7, 7, 0, 1, 3, 2, 0, -0f, 7, 7, 1, 1, 3, 3, -5, -5);
    Slice y = Slice.allocate(4);
    kernels.maxPool(shape, x, y);
    assertArrayEquals(new float[] {7, 1, 3, 0}, y.toArray());
    Slice dx = Slice.allocate(16);
    kernels.maxPoolPullback(shape, x, y, Slice.of(1, 2, 3, 4), dx, false);
    assertArrayEquals(new float[] {1, 0, 0, 2, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}, dx.toArray());
    x.set(9, Float.NaN);
    kernels.maxPool(shape, x, y);
    assertEquals(Float.NaN, y.get(0));
    assertEquals(1, y.get(1));
    kernels.maxPoolPullback(shape, x, y, Slice.of(1, 2, 3, 4), dx, false);
    assertArrayEquals(new float[] {0, 0, 0, 2, 3, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0}, dx.toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void paddingCountsAsZerosInMeansAndNeverInMaxima(String name) {
    ConvolutionKernels kernels = name.equals("scalar") ? scalar : simd(1);
    PoolingShape shape = new PoolingShape(1, 2, 2, Window.square(2, 2, 1));
    Slice x = Slice.of(-4, -8, -12, -16);
    Slice y = Slice.allocate(4);
    kernels.averagePool(shape, x, y);
    assertArrayEquals(new float[] {-1, -2, -3, -4}, y.toArray());
    kernels.maxPool(shape, x, y);
    assertArrayEquals(new float[] {-4, -8, -12, -16}, y.toArray());
  }

  @Test
  void wrongSizesAreRefused() {
    PoolingShape shape = new PoolingShape(3, 4, 4, Window.tiles(2));
    Slice x = Slice.allocate(48);
    Slice y = Slice.allocate(12);
    for (ConvolutionKernels kernels : List.of(scalar, simd(1))) {
      assertThrows(IllegalArgumentException.class, () -> kernels.maxPool(shape, y, y));
      assertThrows(IllegalArgumentException.class, () -> kernels.averagePool(shape, x, x));
      assertThrows(IllegalArgumentException.class, () -> kernels.maxPool(shape, x, x.slice(0, 12)));
      assertThrows(
          IllegalArgumentException.class, () -> kernels.maxPoolPullback(shape, x, y, y, x, false));
      assertThrows(
          IllegalArgumentException.class, () -> kernels.averagePoolPullback(shape, x, y, false));
    }
    assertThrows(IllegalArgumentException.class, () -> new PoolingShape(-1, 4, 4, Window.tiles(2)));
    assertThrows(IllegalArgumentException.class, () -> new PoolingShape(1, 4, 4, Window.tiles(5)));
  }
}
