package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** In the steady state convolution and pooling allocate nothing. */
@Tag("allocation")
class ConvolutionAllocationTest {

  private static final int CALLS = 200;
  private static final int MOST_ROUNDS = 200;

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void kernelsAllocateNothingOnceCompiled(int threads) {
    ThreadMXBean bean = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    ConvolutionShape plain = new ConvolutionShape(8, 2, 12, 12, 14, 1, Window.square(5));
    ConvolutionShape strided = new ConvolutionShape(8, 4, 9, 9, 14, 2, Window.square(3, 2, 1));
    PoolingShape tiles = new PoolingShape(8, 9, 17, Window.tiles(2));
    PoolingShape overlapping = new PoolingShape(8, 9, 17, Window.square(3, 2, 1));
    Tensors first = new Tensors(plain);
    Tensors second = new Tensors(strided);
    Slice x = Slice.allocate(tiles.inputSize());
    Slice dx = Slice.allocate(tiles.inputSize());
    Slice y = Slice.allocate(tiles.outputSize());
    Slice dy = Slice.allocate(tiles.outputSize());
    Slice z = Slice.allocate(overlapping.outputSize());
    Slice dz = Slice.allocate(overlapping.outputSize());
    long allocated = Long.MAX_VALUE;
    try (WorkerPool pool = new WorkerPool(threads)) {
      ConvolutionKernels kernels = new SimdConvolutionKernels(pool);
      // The compiler takes its time, and until it is done vectors live on the heap.
      for (int round = 0; round < MOST_ROUNDS && allocated > 0; round++) {
        long before = bean.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < CALLS; i++) {
          first.run(kernels);
          second.run(kernels);
          kernels.maxPool(tiles, x, y);
          kernels.maxPoolPullback(tiles, x, y, dy, dx, false);
          kernels.averagePool(tiles, x, y);
          kernels.averagePoolPullback(tiles, dy, dx, false);
          kernels.maxPool(overlapping, x, z);
          kernels.maxPoolPullback(overlapping, x, z, dz, dx, true);
          kernels.averagePool(overlapping, x, z);
          kernels.averagePoolPullback(overlapping, dz, dx, true);
        }
        allocated = bean.getCurrentThreadAllocatedBytes() - before;
      }
    }
    assertEquals(0, allocated, "bytes in " + CALLS + " calls of each kernel");
  }

  private static final class Tensors {
    final ConvolutionShape shape;
    final Slice x;
    final Slice weights;
    final Slice y;
    final Slice bias;
    final Slice dWeights;
    final Slice dx;
    final Epilogue epilogue;

    Tensors(ConvolutionShape shape) {
      this.shape = shape;
      x = Slice.allocate(shape.inputSize());
      dx = Slice.allocate(shape.inputSize());
      weights = Slice.allocate(shape.weightSize());
      dWeights = Slice.allocate(shape.weightSize());
      y = Slice.allocate(shape.outputSize());
      bias = Slice.allocate(shape.filters());
      epilogue = Epilogue.of(bias, UnaryFunction.TANH);
    }

    void run(ConvolutionKernels kernels) {
      kernels.convolve(shape, x, weights, y, epilogue);
      kernels.convolvePullbackInput(shape, weights, y, dx, true);
      kernels.convolvePullbackWeights(shape, x, y, dWeights, false, bias, true);
    }
  }
}
