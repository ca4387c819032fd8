package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Transposed;
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
 * The products of attention, one for each image and head: scores s = q kᵀ, outputs o = s v, and the
 * gradient dv = sᵀ do.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class AttentionProductBenchmark {

  /** Images and heads × tokens × width of a head: a batch of the published vision transformer. */
  @Param({"960x65x32", "8x65x32", "37x7x5"})
  public String attention;

  private int pairs;
  private double gflop;
  private MatrixView q;
  private MatrixView k;
  private MatrixView scores;
  private MatrixView out;

  /** Fills the matrices. */
  @Setup
  public void fill() {
    String[] extents = attention.split("x", 3);
    pairs = Integer.parseInt(extents[0]);
    int tokens = Integer.parseInt(extents[1]);
    int width = Integer.parseInt(extents[2]);
    gflop = 2e-9 * pairs * tokens * tokens * width;
    RandomNumbers random = new RandomNumbers(1);
    int rows = pairs * tokens;
    q = MatrixView.of(rows, width, random.normal(rows * width, 1));
    k = MatrixView.of(rows, width, random.normal(rows * width, 1));
    scores = MatrixView.of(rows, tokens, random.normal(rows * tokens, 1));
    out = MatrixView.of(rows, width, new float[rows * width]);
  }

  /** s = q kᵀ. */
  @Benchmark
  public MatrixView scoresScalar(ScalarBackend scalar, Arithmetic work) {
    return run(scalar.backend.matrix(), Transposed.RIGHT, q, k, scores, work);
  }

  /** s = q kᵀ. */
  @Benchmark
  public MatrixView scoresSimd(SimdBackend simd, Arithmetic work) {
    return run(simd.backend.matrix(), Transposed.RIGHT, q, k, scores, work);
  }

  /** o = s v. */
  @Benchmark
  public MatrixView outputsScalar(ScalarBackend scalar, Arithmetic work) {
    return run(scalar.backend.matrix(), Transposed.NONE, scores, k, out, work);
  }

  /** o = s v. */
  @Benchmark
  public MatrixView outputsSimd(SimdBackend simd, Arithmetic work) {
    return run(simd.backend.matrix(), Transposed.NONE, scores, k, out, work);
  }

  /** dv = sᵀ do. */
  @Benchmark
  public MatrixView valueGradientScalar(ScalarBackend scalar, Arithmetic work) {
    return run(scalar.backend.matrix(), Transposed.LEFT, scores, q, out, work);
  }

  /** dv = sᵀ do. */
  @Benchmark
  public MatrixView valueGradientSimd(SimdBackend simd, Arithmetic work) {
    return run(simd.backend.matrix(), Transposed.LEFT, scores, q, out, work);
  }

  private MatrixView run(
      MatrixKernels matrix,
      Transposed transposed,
      MatrixView a,
      MatrixView b,
      MatrixView c,
      Arithmetic work) {
    matrix.multiplyPairs(pairs, transposed, a, b, c, Epilogue.STORE);
    work.gflop += gflop;
    return c;
  }
}
