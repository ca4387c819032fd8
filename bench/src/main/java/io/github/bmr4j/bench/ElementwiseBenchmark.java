package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Slice;
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

/** Functions of one argument and their pullbacks. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class ElementwiseBenchmark {

  /** The function. */
  @Param({"SWISH", "SOFTPLUS", "EXP", "TANH", "RELU"})
  public UnaryFunction function;

  /** A layer's activations (120 × 500), and a million. */
  @Param({"60000", "1000000"})
  public int length;

  private Slice x;
  private Slice y;
  private Slice outputGradient;
  private Slice inputGradient;

  /** Arguments as activations have them. */
  @Setup
  public void fill() {
    RandomNumbers random = new RandomNumbers(6);
    x = random.normalSlice(length, 2);
    y = random.normalSlice(length, 1);
    outputGradient = random.normalSlice(length, 1);
    inputGradient = Slice.allocate(length);
  }

  /** y = f(x). */
  @Benchmark
  public Slice applyScalar(ScalarBackend scalar, Elements work) {
    return apply(scalar.backend.elementwise(), work);
  }

  /** y = f(x). */
  @Benchmark
  public Slice applySimd(SimdBackend simd, Elements work) {
    return apply(simd.backend.elementwise(), work);
  }

  private Slice apply(ElementwiseKernels elementwise, Elements work) {
    elementwise.apply(function, x, y);
    work.elements += length;
    return y;
  }

  /** dx = dy · f′(x). */
  @Benchmark
  public Slice pullbackScalar(ScalarBackend scalar, Elements work) {
    return pullback(scalar.backend.elementwise(), work);
  }

  /** dx = dy · f′(x). */
  @Benchmark
  public Slice pullbackSimd(SimdBackend simd, Elements work) {
    return pullback(simd.backend.elementwise(), work);
  }

  private Slice pullback(ElementwiseKernels elementwise, Elements work) {
    elementwise.applyPullback(function, x, y, outputGradient, inputGradient, false);
    work.elements += length;
    return inputGradient;
  }
}
