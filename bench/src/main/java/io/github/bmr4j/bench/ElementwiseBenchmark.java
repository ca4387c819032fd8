package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** Functions element by element; the time is of a whole slice. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@State(Scope.Benchmark)
public class ElementwiseBenchmark {

  /** Elements: the activations of a layer of 500 at batch 120, and an odd size. */
  @Param({"1301", "60000"})
  public int n;

  /** Which function. */
  @Param({"SWISH", "SOFTPLUS", "EXP", "TANH", "GELU"})
  public UnaryFunction function;

  private Slice x;
  private Slice y;
  private Slice dy;
  private Slice dx;

  /** Allocates the operands. */
  @Setup
  public void allocate(Kernels k) {
    x = k.normal(n, 1);
    y = Slice.allocate(n);
    dy = k.normal(n, 2);
    dx = Slice.allocate(n);
    k.kernels.elementwise().apply(function, x, y);
  }

  /** y = f(x). */
  @Benchmark
  public Slice apply(Kernels k) {
    k.kernels.elementwise().apply(function, x, y);
    return y;
  }

  /** dx = dy f′(x). */
  @Benchmark
  public Slice pullback(Kernels k) {
    k.kernels.elementwise().applyPullback(function, x, y, dy, dx, false);
    return dx;
  }
}
