package io.github.bmr4j.bench;

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

/** Counter-based noise; the time is of a whole slice. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class NoiseBenchmark {

  /** Draws. */
  @Param({"1001", "1000000"})
  public int n;

  private Slice out;
  private long step;

  /** Allocates the output. */
  @Setup
  public void allocate() {
    out = Slice.allocate(n);
  }

  /** Standard normal numbers. */
  @Benchmark
  public Slice normal(Kernels k) {
    k.kernels.noise().normal(1, 2, step++, out);
    return out;
  }

  /** Uniform numbers. */
  @Benchmark
  public Slice uniform(Kernels k) {
    k.kernels.noise().uniform(1, 2, step++, out);
    return out;
  }
}
