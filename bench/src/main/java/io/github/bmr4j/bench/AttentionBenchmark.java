package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.AttentionShape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Slice;
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
 * Attention and its pullback, and beside them products of as many pairs of small matrices, which is
 * what they are made of.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class AttentionBenchmark {

  /** Images × tokens × heads × size of a head: a batch of the published vision transformer. */
  @Param({"120x65x8x32", "1x65x8x32", "3x7x4x5"})
  public String attention;

  private AttentionShape shape;

  /** Of one product for each image and head. */
  private double gflop;

  private MatrixView projections;
  private MatrixView out;
  private Slice normalizers;
  private MatrixView dOut;
  private MatrixView dProjections;
  private MatrixView q;
  private MatrixView k;
  private MatrixView scores;

  /** Fills the matrices. */
  @Setup
  public void fill() {
    String[] extents = attention.split("x", 4);
    int tokens = Integer.parseInt(extents[1]);
    int size = Integer.parseInt(extents[3]);
    shape =
        new AttentionShape(
            Integer.parseInt(extents[0]), tokens, Integer.parseInt(extents[2]), size);
    gflop = 2e-9 * shape.pairs() * tokens * tokens * size;
    RandomNumbers random = new RandomNumbers(1);
    projections = matrix(random, shape.rows(), 3 * shape.width());
    out = matrix(random, shape.rows(), shape.width());
    dOut = matrix(random, shape.rows(), shape.width());
    dProjections = matrix(random, shape.rows(), 3 * shape.width());
    normalizers = Slice.allocate(shape.normalizers());
    q = matrix(random, shape.pairs() * tokens, size);
    k = matrix(random, shape.pairs() * tokens, size);
    scores = matrix(random, shape.pairs() * tokens, tokens);
  }

  private static MatrixView matrix(RandomNumbers random, int rows, int columns) {
    return MatrixView.of(rows, columns, random.normal(rows * columns, 1));
  }

  /** Two products and a softmax. */
  @Benchmark
  public MatrixView attendScalar(ScalarBackend scalar, Arithmetic work) {
    return attend(scalar.backend, work);
  }

  /** Two products and a softmax. */
  @Benchmark
  public MatrixView attendSimd(SimdBackend simd, Arithmetic work) {
    return attend(simd.backend, work);
  }

  private MatrixView attend(Backend backend, Arithmetic work) {
    backend.attention().attend(shape, projections, out, normalizers);
    work.gflop += 2 * gflop;
    return out;
  }

  /** Five products, the exponentials again. */
  @Benchmark
  public MatrixView attendPullbackScalar(ScalarBackend scalar, Arithmetic work) {
    return attendPullback(scalar.backend, work);
  }

  /** Five products, the exponentials again. */
  @Benchmark
  public MatrixView attendPullbackSimd(SimdBackend simd, Arithmetic work) {
    return attendPullback(simd.backend, work);
  }

  private MatrixView attendPullback(Backend backend, Arithmetic work) {
    backend
        .attention()
        .attendPullback(shape, projections, out, normalizers, dOut, dProjections, false);
    work.gflop += 5 * gflop;
    return dProjections;
  }

  /** q kᵀ. */
  @Benchmark
  public MatrixView pairsScalar(ScalarBackend scalar, Arithmetic work) {
    return pairs(scalar.backend, work);
  }

  /** q kᵀ. */
  @Benchmark
  public MatrixView pairsSimd(SimdBackend simd, Arithmetic work) {
    return pairs(simd.backend, work);
  }

  private MatrixView pairs(Backend backend, Arithmetic work) {
    backend.matrix().multiplyPairs(shape.pairs(), Transposed.RIGHT, q, k, scores, Epilogue.STORE);
    work.gflop += gflop;
    return scores;
  }
}
