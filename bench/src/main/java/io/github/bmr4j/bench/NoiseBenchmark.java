package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.NoiseKernels;
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

/** Counter-based noise: Philox 4×32-10, and Box–Muller on top of it. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class NoiseBenchmark {

  private static final long SEED = 137;
  private static final int STREAM = 3;

  /** Numbers a call. */
  @Param({"1000", "1000000"})
  public int draws;

  private Slice out;
  private long step;

  /** Allocates the output. */
  @Setup
  public void allocate() {
    out = Slice.allocate(draws);
  }

  /** Uniform numbers. */
  @Benchmark
  public Slice uniformScalar(ScalarBackend scalar, Elements work) {
    return uniform(scalar.backend.noise(), work);
  }

  /** Uniform numbers. */
  @Benchmark
  public Slice uniformSimd(SimdBackend simd, Elements work) {
    return uniform(simd.backend.noise(), work);
  }

  private Slice uniform(NoiseKernels noise, Elements work) {
    noise.uniform(SEED, STREAM, step++, out);
    work.elements += draws;
    return out;
  }

  /** Normal numbers. */
  @Benchmark
  public Slice normalScalar(ScalarBackend scalar, Elements work) {
    return normal(scalar.backend.noise(), work);
  }

  /** Normal numbers. */
  @Benchmark
  public Slice normalSimd(SimdBackend simd, Elements work) {
    return normal(simd.backend.noise(), work);
  }

  private Slice normal(NoiseKernels noise, Elements work) {
    noise.normal(SEED, STREAM, step++, out);
    work.elements += draws;
    return out;
  }
}
