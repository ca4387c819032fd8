package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.SplittableRandom;
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
 * A linear layer with ReLU of which a share of the weights is gone, at random places: with the
 * sparse product, and with the dense one over the zeros.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class SparseBenchmark {

  /** In × out: layers of the paper's network. */
  @Param({"784x500", "500x500", "500x10"})
  public String layer;

  /** Share of the weights that are gone, in per cent. */
  @Param({"50", "80", "90", "95", "99", "99.8"})
  public double sparsity;

  /** Examples. */
  @Param({"1", "16", "128"})
  public int batch;

  private MatrixView x;
  private MatrixView weights;
  private SparsePattern pattern;
  private Slice values;
  private Epilogue epilogue;
  private MatrixView y;

  /** Fills the matrices. */
  @Setup
  public void fill() {
    String[] extents = layer.split("x", 2);
    int in = Integer.parseInt(extents[0]);
    int out = Integer.parseInt(extents[1]);
    RandomNumbers random = new RandomNumbers(1);
    SplittableRandom choice = new SplittableRandom(2);
    x = MatrixView.of(batch, in, random.normal(batch * in, 1));
    float[] w = random.normal(out * in, 1);
    for (int i = 0; i < w.length; i++) {
      w[i] = choice.nextDouble(100) < sparsity ? 0 : w[i];
    }
    weights = MatrixView.of(out, in, w);
    pattern = SparsePattern.ofNonZeros(weights);
    values = pattern.gather(weights);
    epilogue = Epilogue.of(random.normalSlice(out, 1), UnaryFunction.RELU);
    y = MatrixView.of(batch, out, new float[batch * out]);
  }

  /** The sparse product. */
  @Benchmark
  public MatrixView sparseScalar(ScalarBackend scalar) {
    return sparse(scalar.backend);
  }

  /** The sparse product. */
  @Benchmark
  public MatrixView sparseSimd(SimdBackend simd) {
    return sparse(simd.backend);
  }

  private MatrixView sparse(Backend backend) {
    backend.sparse().linear(x, pattern, values, epilogue.bias(), epilogue.activation(), y);
    return y;
  }

  /** The dense product over all weights, zeros included. */
  @Benchmark
  public MatrixView denseScalar(ScalarBackend scalar) {
    return dense(scalar.backend);
  }

  /** The dense product over all weights, zeros included. */
  @Benchmark
  public MatrixView denseSimd(SimdBackend simd) {
    return dense(simd.backend);
  }

  private MatrixView dense(Backend backend) {
    backend.matrix().multiplyTransposedRight(x, weights, y, epilogue);
    return y;
  }
}
