package io.github.bmr4j.bench.peers;

import io.github.bmr4j.bench.peers.Workload.Unit;
import java.util.ArrayList;
import java.util.List;

/** The rows of the tables, in their order. */
final class Workloads {

  private static final int BATCH = 128;
  private static final int MILLION = 1_000_000;

  private Workloads() {}

  /** The rows beside the peers. */
  static List<Workload> all(int threads) {
    List<Workload> all = new ArrayList<>(Ceilings.all(threads));
    for (int n : new int[] {512, 1024, 2048}) {
      all.add(product("SGEMM " + n + "³", n, n, n, false, false));
    }
    layer(all, 784, 400, false);
    layer(all, 400, 400, true);
    layer(all, 400, 10, true);
    for (String function : List.of("exp", "log", "tanh", "softplus", "erf")) {
      all.add(
          elements(function + ", 1M", MILLION, "elementwise", "function", function, "n", MILLION));
    }
    all.add(elements("normal noise, 1M", MILLION, "normal", "n", MILLION));
    all.add(elements("variational step, 1M weights", MILLION, "variational", "n", MILLION));
    all.add(
        elements("variational step, 10M weights", 10 * MILLION, "variational", "n", 10 * MILLION));
    all.add(evidence("evidence, 1M × 8, sums", MILLION, 8, false));
    all.add(evidence("evidence, 1M × 8, best prior", MILLION, 8, true));
    all.add(evidence("evidence, 10M × 8, sums", 10 * MILLION, 8, false));
    int read = 10 * MILLION;
    all.add(
        new Workload(
            "evidence, 10M × 1, sums",
            Unit.GIGABYTES,
            2.0 * Float.BYTES * read,
            Ceilings.READ,
            Workload.request("evidence", "n", read, "k", 1, "best", false)));
    all.add(step("step, MLP", "mlp", false));
    all.add(step("step, MLP, local reparameterisation", "mlp", true));
    all.add(step("step, LeNet", "lenet", false));
    all.add(
        new Workload(
            "epoch of variance backpropagation, 13–50–1",
            Unit.MILLISECONDS,
            1,
            null,
            Workload.request("moments")));
    return List.copyOf(all);
  }

  /** How this library's cost grows with batch, width, depth, n and k. */
  static List<Workload> scaling() {
    List<Workload> all = new ArrayList<>();
    for (int batch : new int[] {16, 32, 64, 128, 256, 512}) {
      all.add(perceptron(batch, 400, 2));
    }
    for (int width : new int[] {50, 100, 200, 800, 1600}) {
      all.add(perceptron(BATCH, width, 2));
    }
    for (int depth : new int[] {1, 3, 4, 6}) {
      all.add(perceptron(BATCH, 400, depth));
    }
    for (int n : new int[] {1_000, 10_000, 100_000, MILLION, 10 * MILLION}) {
      all.add(elements("variational step, n = " + n, n, "variational", "n", n));
    }
    for (int n : new int[] {1_000, 100_000, 10 * MILLION}) {
      for (int k : new int[] {1, 2, 4, 8, 16, 32}) {
        all.add(evidence("evidence, n = " + n + ", k = " + k, n, k, false));
      }
    }
    return List.copyOf(all);
  }

  private static Workload perceptron(int batch, int width, int depth) {
    return new Workload(
        "step, batch " + batch + ", " + depth + " × " + width,
        Unit.MILLISECONDS,
        1,
        null,
        Workload.request("perceptron", "batch", batch, "width", width, "depth", depth));
  }

  /** The three products of a linear layer; the first layer's input needs no gradient. */
  private static void layer(List<Workload> all, int in, int out, boolean inputGradient) {
    String name = in + "→" + out;
    all.add(product("forward " + name, BATCH, out, in, false, true));
    if (inputGradient) {
      all.add(product("input gradient " + name, BATCH, in, out, false, false));
    }
    all.add(product("weight gradient " + name, out, in, BATCH, true, false));
  }

  private static Workload product(
      String name, int m, int n, int k, boolean leftTransposed, boolean rightTransposed) {
    return new Workload(
        name,
        Unit.GFLOPS,
        2.0 * m * n * k,
        Ceilings.FMA,
        Workload.request(
            "product", "m", m, "n", n, "k", k, "left", leftTransposed, "right", rightTransposed));
  }

  private static Workload elements(String name, int count, String kind, Object... parameters) {
    return new Workload(name, Unit.NANOSECONDS, count, null, Workload.request(kind, parameters));
  }

  private static Workload evidence(String name, int n, int k, boolean best) {
    return elements(name, n, "evidence", "n", n, "k", k, "best", best);
  }

  private static Workload step(String name, String network, boolean local) {
    return new Workload(
        name,
        Unit.MILLISECONDS,
        1,
        null,
        Workload.request("step", "network", network, "local", local));
  }
}
