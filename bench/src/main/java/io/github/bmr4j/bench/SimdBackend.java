package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The SIMD back end: what {@code …Simd} benchmarks run on. Refuses where it cannot run. */
@State(Scope.Benchmark)
public class SimdBackend {

  /** Threads that compute, the caller's included. */
  @Param({"1", "2"})
  public int threads;

  Backend backend;

  /** Opens it. */
  @Setup
  public void open() {
    backend = Backends.open("simd", threads);
  }

  /** Closes it. */
  @TearDown
  public void close() {
    backend.close();
  }
}
