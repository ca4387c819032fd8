package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.Permutation;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.Slice;
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
 * What a vision transformer needs beside products, for a batch of 120 images, and the rows of a
 * batch or of an embedding. Read {@code gigabytes}, what is read and written, against {@link
 * TriadBenchmark}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class SequenceBenchmark {

  private static final float EPSILON = 1e-5f;

  /** Rows × columns: all tokens of a batch, and all rows of its attention in eight heads. */
  @Param({"7800x256", "62400x65"})
  public String rows;

  private double gigabytes;
  private MatrixView x;
  private MatrixView probabilities;
  private MatrixView given;
  private MatrixView out;
  private MatrixView products;
  private Slice scale;
  private Slice shift;
  private Permutation heads;
  private Slice slice;
  private Slice permuted;
  private Slice numbers;

  /** Fills the matrices. */
  @Setup
  public void fill(ScalarBackend scalar) {
    String[] extents = rows.split("x", 2);
    int height = Integer.parseInt(extents[0]);
    int width = Integer.parseInt(extents[1]);
    int size = height * width;
    gigabytes = 4e-9 * size;
    RandomNumbers random = new RandomNumbers(1);
    x = random.normalSlice(size, 1).asMatrix(height, width);
    given = random.normalSlice(size, 1).asMatrix(height, width);
    out = Slice.allocate(size).asMatrix(height, width);
    products = Slice.allocate(size).asMatrix(height, width);
    probabilities = Slice.allocate(size).asMatrix(height, width);
    scalar.backend.reduction().softmax(x, probabilities);
    scale = random.normalSlice(width, 1);
    shift = random.normalSlice(width, 1);
    // Tokens before heads, then heads before tokens: 120 images of 65 tokens, 8 heads of 32.
    heads = new Permutation(new int[] {120, 65, 8, size / (120 * 65 * 8)}, 0, 2, 1, 3);
    slice = new Slice(x.array(), x.offset(), size);
    permuted = Slice.allocate(size);
    numbers = random.uniformSlice(height, 0, height - 1);
    for (int i = 0; i < height; i++) {
      numbers.set(i, Math.round(numbers.get(i)));
    }
  }

  /** Layer normalisation. */
  @Benchmark
  public MatrixView normalizeScalar(ScalarBackend scalar, Traffic traffic) {
    return normalize(scalar.backend.sequence(), traffic);
  }

  /** Layer normalisation. */
  @Benchmark
  public MatrixView normalizeSimd(SimdBackend simd, Traffic traffic) {
    return normalize(simd.backend.sequence(), traffic);
  }

  private MatrixView normalize(SequenceKernels kernels, Traffic traffic) {
    kernels.normalize(x, scale, shift, EPSILON, out);
    traffic.gigabytes += 2 * gigabytes;
    return out;
  }

  /** Gradient of its argument. */
  @Benchmark
  public MatrixView normalizePullbackScalar(ScalarBackend scalar, Traffic traffic) {
    return normalizePullback(scalar.backend.sequence(), traffic);
  }

  /** Gradient of its argument. */
  @Benchmark
  public MatrixView normalizePullbackSimd(SimdBackend simd, Traffic traffic) {
    return normalizePullback(simd.backend.sequence(), traffic);
  }

  private MatrixView normalizePullback(SequenceKernels kernels, Traffic traffic) {
    kernels.normalizePullback(x, scale, EPSILON, given, out, products, false);
    traffic.gigabytes += 4 * gigabytes;
    return out;
  }

  /** Gradient of a softmax's argument. */
  @Benchmark
  public MatrixView softmaxPullbackScalar(ScalarBackend scalar, Traffic traffic) {
    return softmaxPullback(scalar.backend.sequence(), traffic);
  }

  /** Gradient of a softmax's argument. */
  @Benchmark
  public MatrixView softmaxPullbackSimd(SimdBackend simd, Traffic traffic) {
    return softmaxPullback(simd.backend.sequence(), traffic);
  }

  private MatrixView softmaxPullback(SequenceKernels kernels, Traffic traffic) {
    kernels.softmaxPullback(probabilities, given, out, false);
    traffic.gigabytes += 3 * gigabytes;
    return out;
  }

  /** Heads before tokens. */
  @Benchmark
  public Slice permuteScalar(ScalarBackend scalar, Traffic traffic) {
    return permute(scalar.backend.sequence(), traffic);
  }

  /** Heads before tokens. */
  @Benchmark
  public Slice permuteSimd(SimdBackend simd, Traffic traffic) {
    return permute(simd.backend.sequence(), traffic);
  }

  private Slice permute(SequenceKernels kernels, Traffic traffic) {
    kernels.permute(heads, slice, permuted, false);
    traffic.gigabytes += 2 * gigabytes;
    return permuted;
  }

  /** Rows in any order, as those of a batch. */
  @Benchmark
  public MatrixView gatherRowsScalar(ScalarBackend scalar, Traffic traffic) {
    return gatherRows(scalar.backend.sequence(), traffic);
  }

  /** Rows in any order, as those of a batch. */
  @Benchmark
  public MatrixView gatherRowsSimd(SimdBackend simd, Traffic traffic) {
    return gatherRows(simd.backend.sequence(), traffic);
  }

  private MatrixView gatherRows(SequenceKernels kernels, Traffic traffic) {
    kernels.gatherRows(x, numbers, 0, out);
    traffic.gigabytes += 2 * gigabytes;
    return out;
  }
}
