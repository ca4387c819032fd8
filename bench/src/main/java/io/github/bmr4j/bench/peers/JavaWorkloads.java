package io.github.bmr4j.bench.peers;

import io.github.bmr4j.bench.RandomNumbers;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/** The workloads on this library's kernels. */
final class JavaWorkloads {

  private static final long SEED = 137;
  private static final int EXAMPLES = 60_000;

  private final Backend backend;
  private final int threads;
  private final RandomNumbers random = new RandomNumbers(1);
  private long step;

  JavaWorkloads(Backend backend, int threads) {
    this.backend = backend;
    this.threads = threads;
  }

  /**
   * What is to be called, with its memory filled.
   *
   * @param request kind and parameters
   * @return null if there is no such workload
   */
  Runnable make(Map<?, ?> request) {
    return switch ((String) request.get("kind")) {
      case Ceilings.FMA, Ceilings.READ, Ceilings.TRIAD ->
          new EachThread(threads, (String) request.get("kind"));
      case "product" ->
          product(
              number(request, "m"),
              number(request, "n"),
              number(request, "k"),
              flag(request, "left"),
              flag(request, "right"));
      case "elementwise" -> elementwise((String) request.get("function"), number(request, "n"));
      case "normal" -> normal(number(request, "n"));
      case "variational" -> variational(number(request, "n"));
      case "evidence" ->
          evidence(number(request, "n"), number(request, "k"), flag(request, "best"));
      case "step" ->
          TrainingSteps.make(backend, (String) request.get("network"), flag(request, "local"));
      case "moments" -> TrainingSteps.moments(backend);
      case "perceptron" -> {
        int[] hidden = new int[number(request, "depth")];
        Arrays.fill(hidden, number(request, "width"));
        yield TrainingSteps.perceptron(backend, number(request, "batch"), hidden, false);
      }
      default -> null;
    };
  }

  private static int number(Map<?, ?> request, String name) {
    return ((Number) request.get(name)).intValue();
  }

  private static boolean flag(Map<?, ?> request, String name) {
    return (Boolean) request.get(name);
  }

  private Runnable product(int m, int n, int k, boolean left, boolean right) {
    MatrixView a = left ? matrix(k, m) : matrix(m, k);
    MatrixView b = right ? matrix(n, k) : matrix(k, n);
    MatrixView c = MatrixView.of(m, n, new float[m * n]);
    if (left && right) {
      return null;
    }
    if (left) {
      return () -> backend.matrix().multiplyTransposedLeft(a, b, c, Epilogue.STORE);
    }
    return right
        ? () -> backend.matrix().multiplyTransposedRight(a, b, c, Epilogue.STORE)
        : () -> backend.matrix().multiply(a, b, c, Epilogue.STORE);
  }

  private MatrixView matrix(int rows, int columns) {
    return MatrixView.of(rows, columns, random.normal(rows * columns, 1));
  }

  private Runnable elementwise(String name, int n) {
    UnaryFunction function;
    try {
      function = UnaryFunction.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      return null;
    }
    Slice x = function == UnaryFunction.LOG ? uniform(n, 0.01, 4) : normal(n, 1);
    Slice y = Slice.allocate(n);
    return () -> backend.elementwise().apply(function, x, y);
  }

  private Runnable normal(int n) {
    Slice out = Slice.allocate(n);
    return () -> backend.noise().normal(SEED, 0, step++, out);
  }

  /** The draw of the forward pass and the update after the backward pass. */
  private Runnable variational(int n) {
    NormalFactors factors =
        new NormalFactors(
            normal(n, 0.1),
            uniform(n, -3.2, -2.8),
            Slice.allocate(n),
            Slice.allocate(n),
            Slice.allocate(n),
            Slice.allocate(n));
    Slice gradient = normal(n, 0.01);
    Slice w = Slice.allocate(n);
    UpdateRule adam = new UpdateRule(UpdateRule.Kind.ADAM, 0.9f, 0.999f, 1e-8f, 0);
    VariationalStep now = new VariationalStep();
    now.seed = SEED;
    now.klWeight = 1f / EXAMPLES;
    return () -> {
      now.step++;
      adam.advance(now.step, 1e-4f);
      backend.variational().sample(factors, null, null, now.seed, now.stream, now.step, w);
      backend.variational().update(factors, gradient, null, null, now, adam);
    };
  }

  private Runnable evidence(int n, int k, boolean best) {
    Slice mean = normal(n, 0.1);
    Slice deviation = uniform(n, 0.05, 0.1);
    float[] reduced = new float[k];
    for (int i = 0; i < k; i++) {
      reduced[i] = (float) Math.pow(10, -3 + 3.0 * i / k);
    }
    double[] sums = new double[k];
    if (!best) {
      return () -> backend.evidence().deltaFSums(mean, deviation, 1, reduced, sums);
    }
    Slice delta = Slice.allocate(n);
    Slice candidate = Slice.allocate(n);
    return () -> backend.evidence().deltaFBest(mean, deviation, 1, reduced, sums, delta, candidate);
  }

  private Slice normal(int n, double deviation) {
    return random.normalSlice(n, deviation);
  }

  private Slice uniform(int n, double low, double high) {
    return random.uniformSlice(n, low, high);
  }
}
