package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.Window;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * Pooling of a whole batch. Read {@code gigabytes}, what is read and written, against {@link
 * TriadBenchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class PoolingBenchmark {

  /** Planes × size × window × stride: both poolings of LeNet, and one of a residual network. */
  @Param({"2560x24x2x2", "6400x8x2x2", "1024x112x3x2"})
  public String pooling;

  private PoolingShape shape;
  private double inputGigabytes;
  private double outputGigabytes;
  private Slice x;
  private Slice y;
  private Slice dx;
  private Slice dy;

  /** Fills the tensors. */
  @Setup
  public void fill(ScalarBackend scalar) {
    String[] extents = pooling.split("x", 4);
    int size = Integer.parseInt(extents[1]);
    Window window = Window.square(Integer.parseInt(extents[2]), Integer.parseInt(extents[3]), 0);
    shape = new PoolingShape(Integer.parseInt(extents[0]), size, size, window);
    inputGigabytes = 4e-9 * shape.inputSize();
    outputGigabytes = 4e-9 * shape.outputSize();
    RandomNumbers random = new RandomNumbers(1);
    x = random.normalSlice(shape.inputSize(), 1);
    dy = random.normalSlice(shape.outputSize(), 1);
    y = Slice.allocate(shape.outputSize());
    dx = Slice.allocate(shape.inputSize());
    scalar.backend.convolution().maxPool(shape, x, y);
  }

  /** The largest of each window. */
  @Benchmark
  public Slice maxScalar(ScalarBackend scalar, Traffic traffic) {
    return max(scalar.backend.convolution(), traffic);
  }

  /** The largest of each window. */
  @Benchmark
  public Slice maxSimd(SimdBackend simd, Traffic traffic) {
    return max(simd.backend.convolution(), traffic);
  }

  private Slice max(ConvolutionKernels kernels, Traffic traffic) {
    kernels.maxPool(shape, x, y);
    traffic.gigabytes += inputGigabytes + outputGigabytes;
    return y;
  }

  /** Gradient of the argument. */
  @Benchmark
  public Slice maxPullbackScalar(ScalarBackend scalar, Traffic traffic) {
    return maxPullback(scalar.backend.convolution(), traffic);
  }

  /** Gradient of the argument. */
  @Benchmark
  public Slice maxPullbackSimd(SimdBackend simd, Traffic traffic) {
    return maxPullback(simd.backend.convolution(), traffic);
  }

  private Slice maxPullback(ConvolutionKernels kernels, Traffic traffic) {
    kernels.maxPoolPullback(shape, x, y, dy, dx, false);
    traffic.gigabytes += 2 * inputGigabytes + 2 * outputGigabytes;
    return dx;
  }

  /** The mean of each window. */
  @Benchmark
  public Slice averageScalar(ScalarBackend scalar, Traffic traffic) {
    return average(scalar.backend.convolution(), traffic);
  }

  /** The mean of each window. */
  @Benchmark
  public Slice averageSimd(SimdBackend simd, Traffic traffic) {
    return average(simd.backend.convolution(), traffic);
  }

  private Slice average(ConvolutionKernels kernels, Traffic traffic) {
    kernels.averagePool(shape, x, y);
    traffic.gigabytes += inputGigabytes + outputGigabytes;
    return y;
  }

  /** Gradient of the argument. */
  @Benchmark
  public Slice averagePullbackScalar(ScalarBackend scalar, Traffic traffic) {
    return averagePullback(scalar.backend.convolution(), traffic);
  }

  /** Gradient of the argument. */
  @Benchmark
  public Slice averagePullbackSimd(SimdBackend simd, Traffic traffic) {
    return averagePullback(simd.backend.convolution(), traffic);
  }

  private Slice averagePullback(ConvolutionKernels kernels, Traffic traffic) {
    kernels.averagePoolPullback(shape, dy, dx, false);
    traffic.gigabytes += inputGigabytes + outputGigabytes;
    return dx;
  }
}
