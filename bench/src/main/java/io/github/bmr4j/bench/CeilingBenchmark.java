package io.github.bmr4j.bench;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What one core of the machine can do at most, to hold the kernels against. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@State(Scope.Benchmark)
public class CeilingBenchmark {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int ROUNDS = 10_000;
  private static final int ELEMENTS = 10_000_000;

  private float factor = 0.999f;
  private final float[] a = new float[ELEMENTS];
  private final float[] b = new float[ELEMENTS];
  private final float[] c = new float[ELEMENTS];

  /**
   * Ten chains of vector FMA in registers. The time is of one round: 20 · lanes floating-point
   * operations.
   */
  @Benchmark
  @OperationsPerInvocation(ROUNDS)
  public float fma() {
    FloatVector f = FloatVector.broadcast(SPECIES, factor);
    FloatVector v0 = f;
    FloatVector v1 = f;
    FloatVector v2 = f;
    FloatVector v3 = f;
    FloatVector v4 = f;
    FloatVector v5 = f;
    FloatVector v6 = f;
    FloatVector v7 = f;
    FloatVector v8 = f;
    FloatVector v9 = f;
    for (int i = 0; i < ROUNDS; i++) {
      v0 = v0.fma(f, f);
      v1 = v1.fma(f, f);
      v2 = v2.fma(f, f);
      v3 = v3.fma(f, f);
      v4 = v4.fma(f, f);
      v5 = v5.fma(f, f);
      v6 = v6.fma(f, f);
      v7 = v7.fma(f, f);
      v8 = v8.fma(f, f);
      v9 = v9.fma(f, f);
    }
    FloatVector sum = v0.add(v1).add(v2.add(v3)).add(v4.add(v5)).add(v6.add(v7)).add(v8.add(v9));
    return sum.lane(0);
  }

  /** a = b + f c from main memory; the time is of one element: 12 bytes. */
  @Benchmark
  @OperationsPerInvocation(ELEMENTS)
  public float[] triad() {
    for (int i = 0; i < ELEMENTS; i++) {
      a[i] = b[i] + factor * c[i];
    }
    return a;
  }
}
