package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
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

/**
 * The three products of a linear layer. An operation is 2 · batch · in · out floating-point
 * operations; divide by the time for GFLOP/s and compare with {@link CeilingBenchmark#fma}.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class MatrixProductBenchmark {

  /** batch x inputs x outputs: layers of the papers' networks, squares, odd sizes, one example. */
  @Param({"120x784x500", "120x500x500", "120x500x10", "1x500x500", "101x203x307", "512x512x512"})
  public String shape;

  private MatrixView x;
  private MatrixView weights;
  private MatrixView y;
  private MatrixView dWeights;
  private Epilogue bias;

  /** Allocates the operands. */
  @Setup
  public void allocate(Kernels k) {
    String[] extents = shape.split("x", -1);
    int batch = Integer.parseInt(extents[0]);
    int in = Integer.parseInt(extents[1]);
    int out = Integer.parseInt(extents[2]);
    x = k.normal(batch * in, 1).asMatrix(batch, in);
    weights = k.normal(out * in, 2).asMatrix(out, in);
    y = k.normal(batch * out, 3).asMatrix(batch, out);
    dWeights = Slice.allocate(out * in).asMatrix(out, in);
    bias = Epilogue.of(k.normal(out, 4), UnaryFunction.IDENTITY);
  }

  /** y = x Wᵀ + b. */
  @Benchmark
  public MatrixView forward(Kernels k) {
    k.kernels.matrix().multiplyTransposedRight(x, weights, y, bias);
    return y;
  }

  /** dx = dy W. */
  @Benchmark
  public MatrixView inputGradient(Kernels k) {
    k.kernels.matrix().multiply(y, weights, x, Epilogue.STORE);
    return x;
  }

  /** dW = dyᵀ x. */
  @Benchmark
  public MatrixView weightGradient(Kernels k) {
    k.kernels.matrix().multiplyTransposedLeft(y, x, dWeights, Epilogue.STORE);
    return dWeights;
  }
}
