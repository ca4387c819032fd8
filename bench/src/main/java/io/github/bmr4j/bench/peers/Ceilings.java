package io.github.bmr4j.bench.peers;

import io.github.bmr4j.bench.peers.Workload.Unit;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * What no kernel can exceed: multiply-adds in registers, the triad a = b + s c through memory, and
 * reading from memory. One call runs on each of the threads at the same time.
 */
final class Ceilings {

  static final String FMA = "fma";
  static final String READ = "read";
  static final String TRIAD = "triad";

  private static final VectorSpecies<Float> FLOAT = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = FLOAT.length();
  private static final int ROUNDS = 400_000;
  private static final int CHAINS = 12;
  private static final int LENGTH = 1 << 24;

  private Ceilings() {}

  /**
   * The ceilings, in the order of the table.
   *
   * @param threads that run at once
   */
  static List<Workload> all(int threads) {
    return List.of(
        ceiling("FMA peak", Unit.GFLOPS, 2.0 * CHAINS * ROUNDS * LANES * threads, FMA),
        ceiling("triad, 3 × 64 MB", Unit.GIGABYTES, 3.0 * Float.BYTES * LENGTH * threads, TRIAD),
        ceiling("read, 64 MB", Unit.GIGABYTES, 1.0 * Float.BYTES * LENGTH * threads, READ));
  }

  private static Workload ceiling(String name, Unit unit, double amount, String kind) {
    return new Workload(name, unit, amount, null, Workload.request(kind));
  }

  /** The ceiling of a kind. */
  static Workload of(String kind, int threads) {
    return all(threads).stream()
        .filter(ceiling -> kind.equals(ceiling.request().get("kind")))
        .findFirst()
        .orElseThrow();
  }

  /** One thread's share of a ceiling, on memory of its own. */
  static Runnable share(String kind) {
    return switch (kind) {
      case FMA -> () -> sink = multiplyAdds(0.999f, 0.001f);
      case READ -> {
        float[] x = new float[LENGTH];
        yield () -> sink = read(x);
      }
      case TRIAD -> {
        float[] a = new float[LENGTH];
        float[] b = new float[LENGTH];
        float[] c = new float[LENGTH];
        yield () -> triad(a, b, c, 0.5f);
      }
      default -> throw new IllegalArgumentException("There is no ceiling \"" + kind + "\"");
    };
  }

  /** Keeps results alive. */
  private static volatile float sink;

  /** Twelve chains; eight hide the latency of four cycles at two instructions a cycle. */
  private static float multiplyAdds(float a, float b) {
    FloatVector va = FloatVector.broadcast(FLOAT, a);
    FloatVector vb = FloatVector.broadcast(FLOAT, b);
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
    }
    FloatVector low = c0.add(c1).add(c2).add(c3).add(c4).add(c5);
    FloatVector high = c6.add(c7).add(c8).add(c9).add(c10).add(c11);
    return low.add(high).reduceLanes(VectorOperators.ADD);
  }

  private static float read(float[] x) {
    FloatVector s0 = FloatVector.zero(FLOAT);
    FloatVector s1 = FloatVector.zero(FLOAT);
    FloatVector s2 = FloatVector.zero(FLOAT);
    FloatVector s3 = FloatVector.zero(FLOAT);
    for (int i = 0; i < LENGTH; i += 4 * LANES) {
      s0 = s0.add(FloatVector.fromArray(FLOAT, x, i));
      s1 = s1.add(FloatVector.fromArray(FLOAT, x, i + LANES));
      s2 = s2.add(FloatVector.fromArray(FLOAT, x, i + 2 * LANES));
      s3 = s3.add(FloatVector.fromArray(FLOAT, x, i + 3 * LANES));
    }
    return s0.add(s1).add(s2).add(s3).reduceLanes(VectorOperators.ADD);
  }

  private static void triad(float[] a, float[] b, float[] c, float s) {
    FloatVector factor = FloatVector.broadcast(FLOAT, s);
    for (int i = 0; i < LENGTH; i += LANES) {
      FloatVector.fromArray(FLOAT, c, i)
          .fma(factor, FloatVector.fromArray(FLOAT, b, i))
          .intoArray(a, i);
    }
  }
}
