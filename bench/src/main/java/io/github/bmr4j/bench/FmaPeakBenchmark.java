package io.github.bmr4j.bench;

import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;

/**
 * The ceiling of all arithmetic: fused multiply-adds in registers, no memory. Sixteen chains that
 * do not depend on each other hide the instruction's latency (four cycles, two a cycle).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
public class FmaPeakBenchmark {

  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int CHAINS = 16;
  private static final int ROUNDS = 100_000;

  /** Fields, so that the JIT compiler does not know them; the chains converge to b / (1 − a). */
  private float a = 0.999f;

  private float b = 0.001f;

  /** One core, scalars. */
  @Benchmark
  public float oneCoreScalar(Arithmetic work) {
    return scalar(work);
  }

  /** One core, vectors of the preferred width. */
  @Benchmark
  public float oneCoreSimd(Arithmetic work) {
    return simd(work);
  }

  /** As many threads as processors, vectors of the preferred width. */
  @Benchmark
  @Threads(Threads.MAX)
  public float allCoresSimd(Arithmetic work) {
    return simd(work);
  }

  private float simd(Arithmetic work) {
    FloatVector va = FloatVector.broadcast(SPECIES, a);
    FloatVector vb = FloatVector.broadcast(SPECIES, b);
    FloatVector c0 = vb;
    FloatVector c1 = vb.mul(1f);
    FloatVector c2 = vb.mul(2f);
    FloatVector c3 = vb.mul(3f);
    FloatVector c4 = vb.mul(4f);
    FloatVector c5 = vb.mul(5f);
    FloatVector c6 = vb.mul(6f);
    FloatVector c7 = vb.mul(7f);
    FloatVector c8 = vb.mul(8f);
    FloatVector c9 = vb.mul(9f);
    FloatVector c10 = vb.mul(10f);
    FloatVector c11 = vb.mul(11f);
    FloatVector c12 = vb.mul(12f);
    FloatVector c13 = vb.mul(13f);
    FloatVector c14 = vb.mul(14f);
    FloatVector c15 = vb.mul(15f);
    for (int i = 0; i < ROUNDS; i++) {
      c0 = c0.fma(va, vb);
      c1 = c1.fma(va, vb);
      c2 = c2.fma(va, vb);
      c3 = c3.fma(va, vb);
      c4 = c4.fma(va, vb);
      c5 = c5.fma(va, vb);
      c6 = c6.fma(va, vb);
      c7 = c7.fma(va, vb);
      c8 = c8.fma(va, vb);
      c9 = c9.fma(va, vb);
      c10 = c10.fma(va, vb);
      c11 = c11.fma(va, vb);
      c12 = c12.fma(va, vb);
      c13 = c13.fma(va, vb);
      c14 = c14.fma(va, vb);
      c15 = c15.fma(va, vb);
    }
    work.gflop += 2e-9 * CHAINS * ROUNDS * SPECIES.length();
    FloatVector sum =
        c0.add(c1)
            .add(c2)
            .add(c3)
            .add(c4)
            .add(c5)
            .add(c6)
            .add(c7)
            .add(c8)
            .add(c9)
            .add(c10)
            .add(c11)
            .add(c12)
            .add(c13)
            .add(c14)
            .add(c15);
    return sum.reduceLanes(VectorOperators.ADD);
  }

  private float scalar(Arithmetic work) {
    float fa = a;
    float fb = b;
    float c0 = 0f * fb;
    float c1 = 1f * fb;
    float c2 = 2f * fb;
    float c3 = 3f * fb;
    float c4 = 4f * fb;
    float c5 = 5f * fb;
    float c6 = 6f * fb;
    float c7 = 7f * fb;
    float c8 = 8f * fb;
    float c9 = 9f * fb;
    float c10 = 10f * fb;
    float c11 = 11f * fb;
    float c12 = 12f * fb;
    float c13 = 13f * fb;
    float c14 = 14f * fb;
    float c15 = 15f * fb;
    for (int i = 0; i < ROUNDS; i++) {
      c0 = Math.fma(c0, fa, fb);
      c1 = Math.fma(c1, fa, fb);
      c2 = Math.fma(c2, fa, fb);
      c3 = Math.fma(c3, fa, fb);
      c4 = Math.fma(c4, fa, fb);
      c5 = Math.fma(c5, fa, fb);
      c6 = Math.fma(c6, fa, fb);
      c7 = Math.fma(c7, fa, fb);
      c8 = Math.fma(c8, fa, fb);
      c9 = Math.fma(c9, fa, fb);
      c10 = Math.fma(c10, fa, fb);
      c11 = Math.fma(c11, fa, fb);
      c12 = Math.fma(c12, fa, fb);
      c13 = Math.fma(c13, fa, fb);
      c14 = Math.fma(c14, fa, fb);
      c15 = Math.fma(c15, fa, fb);
    }
    work.gflop += 2e-9 * CHAINS * ROUNDS;
    return c0 + c1 + c2 + c3 + c4 + c5 + c6 + c7 + c8 + c9 + c10 + c11 + c12 + c13 + c14 + c15;
  }
}
