package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** The scalar back end, which has one thread: what {@code …Scalar} benchmarks run on. */
@State(Scope.Benchmark)
public class ScalarBackend {

  final Backend backend = Backends.open("scalar", 1);

  /** Closes it. */
  @TearDown
  public void close() {
    backend.close();
  }
}
