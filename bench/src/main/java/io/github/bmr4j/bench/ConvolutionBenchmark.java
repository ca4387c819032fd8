package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
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
 * The three passes of a convolution: forward, gradient of the images, gradient of weights and
 * biases. Read {@code gflop} against {@link FmaPeakBenchmark} times the number of threads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class ConvolutionBenchmark {

  /**
   * Batch × channels × size × filters × window × padding: both layers of LeNet with 20 and 50
   * filters, those of LeNet-5, and one of a residual network.
   */
  @Param({
    "128x1x28x20x5x0",
    "128x20x12x50x5x0",
    "128x1x32x6x5x0",
    "128x6x14x16x5x0",
    "128x16x5x120x5x0",
    "16x64x56x64x3x1"
  })
  public String convolution;

  private ConvolutionShape shape;
  private double gflop;
  private Slice x;
  private Slice weights;
  private Slice y;
  private Slice dx;
  private Slice dy;
  private Slice dWeights;
  private Slice dBias;
  private Epilogue bias;

  /** Fills the tensors. */
  @Setup
  public void fill() {
    String[] extents = convolution.split("x", 6);
    int[] n = new int[extents.length];
    for (int i = 0; i < n.length; i++) {
      n[i] = Integer.parseInt(extents[i]);
    }
    shape = new ConvolutionShape(n[0], n[1], n[2], n[2], n[3], 1, Window.square(n[4], 1, n[5]));
    gflop = 1e-9 * shape.operations();
    RandomNumbers random = new RandomNumbers(1);
    x = random.normalSlice(shape.inputSize(), 1);
    weights = random.normalSlice(shape.weightSize(), 1);
    dy = random.normalSlice(shape.outputSize(), 1);
    bias = Epilogue.of(random.normalSlice(shape.filters(), 1), UnaryFunction.IDENTITY);
    y = Slice.allocate(shape.outputSize());
    dx = Slice.allocate(shape.inputSize());
    dWeights = Slice.allocate(shape.weightSize());
    dBias = Slice.allocate(shape.filters());
  }

  /** y = x ∗ w + b. */
  @Benchmark
  public Slice forwardScalar(ScalarBackend scalar, Arithmetic work) {
    return forward(scalar.backend.convolution(), work);
  }

  /** y = x ∗ w + b. */
  @Benchmark
  public Slice forwardSimd(SimdBackend simd, Arithmetic work) {
    return forward(simd.backend.convolution(), work);
  }

  private Slice forward(ConvolutionKernels kernels, Arithmetic work) {
    kernels.convolve(shape, x, weights, y, bias);
    work.gflop += gflop;
    return y;
  }

  /** Gradient of x. */
  @Benchmark
  public Slice inputGradientScalar(ScalarBackend scalar, Arithmetic work) {
    return inputGradient(scalar.backend.convolution(), work);
  }

  /** Gradient of x. */
  @Benchmark
  public Slice inputGradientSimd(SimdBackend simd, Arithmetic work) {
    return inputGradient(simd.backend.convolution(), work);
  }

  private Slice inputGradient(ConvolutionKernels kernels, Arithmetic work) {
    kernels.convolvePullbackInput(shape, weights, dy, dx, false);
    work.gflop += gflop;
    return dx;
  }

  /** Gradients of w and b. */
  @Benchmark
  public Slice weightGradientScalar(ScalarBackend scalar, Arithmetic work) {
    return weightGradient(scalar.backend.convolution(), work);
  }

  /** Gradients of w and b. */
  @Benchmark
  public Slice weightGradientSimd(SimdBackend simd, Arithmetic work) {
    return weightGradient(simd.backend.convolution(), work);
  }

  private Slice weightGradient(ConvolutionKernels kernels, Arithmetic work) {
    kernels.convolvePullbackWeights(shape, x, dy, dWeights, false, dBias, false);
    work.gflop += gflop;
    return dWeights;
  }
}
