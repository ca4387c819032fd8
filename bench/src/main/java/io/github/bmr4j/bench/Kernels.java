package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The back end that a benchmark runs on: each benchmark takes one, so that scalar and SIMD stand
 * side by side in every table.
 */
@State(Scope.Benchmark)
public class Kernels {

  /** Which back end. */
  @Param({"scalar", "simd"})
  public String backend;

  /** Threads that compute; the scalar back end has one whatever this says. */
  @Param({"1", "2"})
  public int threads;

  Backend kernels;

  /** Opens it. */
  @Setup(Level.Trial)
  public void open() {
    kernels = Backends.open(backend, threads);
  }

  /** Closes it. */
  @TearDown(Level.Trial)
  public void close() {
    kernels.close();
  }

  /** Standard normal numbers, the same in every run. */
  Slice normal(int length, int stream) {
    Slice slice = Slice.allocate(length);
    kernels.noise().normal(2026, stream, 0, slice);
    return slice;
  }

  /** Factors with means of about 1 and standard deviations of 0.1. */
  NormalFactors factors(int length) {
    Slice rho = Slice.allocate(length);
    rho.fill((float) Math.log(Math.expm1(0.1)));
    return new NormalFactors(
        normal(length, 1),
        rho,
        Slice.allocate(length),
        Slice.allocate(length),
        Slice.allocate(length),
        Slice.allocate(length));
  }
}
