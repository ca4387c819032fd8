package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * The OpenCL back end: what {@code …OpenCl} benchmarks run on. Refuses where there is no device.
 */
@State(Scope.Benchmark)
public class OpenClDevice {

  final Backend backend = Backends.open("opencl", 1);

  /** Waits until all is done: kernels are only enqueued. Returns its argument. */
  Slice await(Slice written) {
    backend.memory().pull(written.slice(0, Math.min(1, written.length())));
    return written;
  }

  /** Closes it. */
  @TearDown
  public void close() {
    backend.close();
  }
}
