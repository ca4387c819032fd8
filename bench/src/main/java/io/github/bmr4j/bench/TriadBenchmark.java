package io.github.bmr4j.bench;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * The ceiling of all that streams through memory: the triad a = b + s c of the STREAM benchmark
 * (McCalpin 1995), each thread on arrays of its own. As there, twelve bytes an element count; that
 * a store first reads its line does not.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class TriadBenchmark {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final double GIGABYTES_AN_ELEMENT = 3e-9 * Float.BYTES;

  /** Elements an array: 3 · 8 kB lie in L1, 3 · 128 kB in L2, 3 · 64 MB in memory. */
  @Param({"2048", "32768", "16777216"})
  public int triadLength;

  private float[] a;
  private float[] b;
  private float[] c;

  /** A field, so that the JIT compiler does not know it. */
  private float s = 0.5f;

  /** Fills the arrays. */
  @Setup
  public void fill() {
    RandomNumbers random = new RandomNumbers(2);
    a = new float[triadLength];
    b = random.uniform(triadLength, 0, 1);
    c = random.uniform(triadLength, 0, 1);
  }

  /** One core; C2 may vectorise this loop by itself. */
  @Benchmark
  public float[] oneCoreScalar(Traffic traffic) {
    float factor = s;
    for (int i = 0; i < triadLength; i++) {
      a[i] = b[i] + factor * c[i];
    }
    traffic.gigabytes += GIGABYTES_AN_ELEMENT * triadLength;
    return a;
  }

  /** One core. */
  @Benchmark
  public float[] oneCoreSimd(Traffic traffic) {
    return simd(traffic);
  }

  /** As many threads as processors. */
  @Benchmark
  @Threads(Threads.MAX)
  public float[] allCoresSimd(Traffic traffic) {
    return simd(traffic);
  }

  private float[] simd(Traffic traffic) {
    FloatVector factor = FloatVector.broadcast(SPECIES, s);
    // Every length is a multiple of the lanes.
    for (int i = 0; i < triadLength; i += LANES) {
      FloatVector.fromArray(SPECIES, c, i)
          .fma(factor, FloatVector.fromArray(SPECIES, b, i))
          .intoArray(a, i);
    }
    traffic.gigabytes += GIGABYTES_AN_ELEMENT * triadLength;
    return a;
  }
}
