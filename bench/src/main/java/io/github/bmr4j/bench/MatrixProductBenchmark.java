package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.UnaryFunction;
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
 * The three products of a linear layer y = x Wᵀ + b with x [batch, in] and W [out, in]: forward,
 * gradient of the input, gradient of the weights. Read {@code gflop} against {@link
 * FmaPeakBenchmark} times the number of threads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class MatrixProductBenchmark {

  /** Batch × in × out: layers of the papers' networks, squares, a batch of one, odd sizes. */
  @Param({
    "120x784x500",
    "120x500x500",
    "120x500x10",
    "128x784x400",
    "256x256x256",
    "512x512x512",
    "1024x1024x1024",
    "1x784x500",
    "37x101x67"
  })
  public String shape;

  private double gflop;
  private MatrixView x;
  private MatrixView weights;
  private MatrixView y;
  private MatrixView inputGradient;
  private MatrixView weightGradient;
  private MatrixView outputGradient;
  private Epilogue bias;

  /** Fills the matrices. */
  @Setup
  public void fill() {
    String[] extents = shape.split("x", 3);
    int batch = Integer.parseInt(extents[0]);
    int in = Integer.parseInt(extents[1]);
    int out = Integer.parseInt(extents[2]);
    gflop = 2e-9 * batch * in * out;
    RandomNumbers random = new RandomNumbers(1);
    x = MatrixView.of(batch, in, random.normal(batch * in, 1));
    weights = MatrixView.of(out, in, random.normal(out * in, 1));
    outputGradient = MatrixView.of(batch, out, random.normal(batch * out, 1));
    bias = Epilogue.of(random.normalSlice(out, 1), UnaryFunction.IDENTITY);
    y = MatrixView.of(batch, out, new float[batch * out]);
    inputGradient = MatrixView.of(batch, in, new float[batch * in]);
    weightGradient = MatrixView.of(out, in, new float[out * in]);
  }

  /** y = x Wᵀ + b. */
  @Benchmark
  public MatrixView forwardScalar(ScalarBackend scalar, Arithmetic work) {
    return forward(scalar.backend.matrix(), work);
  }

  /** y = x Wᵀ + b. */
  @Benchmark
  public MatrixView forwardSimd(SimdBackend simd, Arithmetic work) {
    return forward(simd.backend.matrix(), work);
  }

  private MatrixView forward(MatrixKernels matrix, Arithmetic work) {
    matrix.multiplyTransposedRight(x, weights, y, bias);
    work.gflop += gflop;
    return y;
  }

  /** dx = dy W. */
  @Benchmark
  public MatrixView inputGradientScalar(ScalarBackend scalar, Arithmetic work) {
    return inputGradient(scalar.backend.matrix(), work);
  }

  /** dx = dy W. */
  @Benchmark
  public MatrixView inputGradientSimd(SimdBackend simd, Arithmetic work) {
    return inputGradient(simd.backend.matrix(), work);
  }

  private MatrixView inputGradient(MatrixKernels matrix, Arithmetic work) {
    matrix.multiply(outputGradient, weights, inputGradient, Epilogue.STORE);
    work.gflop += gflop;
    return inputGradient;
  }

  /** dW = dyᵀ x. */
  @Benchmark
  public MatrixView weightGradientScalar(ScalarBackend scalar, Arithmetic work) {
    return weightGradient(scalar.backend.matrix(), work);
  }

  /** dW = dyᵀ x. */
  @Benchmark
  public MatrixView weightGradientSimd(SimdBackend simd, Arithmetic work) {
    return weightGradient(simd.backend.matrix(), work);
  }

  private MatrixView weightGradient(MatrixKernels matrix, Arithmetic work) {
    matrix.multiplyTransposedLeft(outputGradient, x, weightGradient, Epilogue.STORE);
    work.gflop += gflop;
    return weightGradient;
  }
}
