package io.github.bmr4j.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * Compares a back end with the scalar one on this machine and virtual machine, on random shapes and
 * numbers, until the kernels have long been compiled: a compiler's mistake shows itself only then.
 */
public final class SelfTest {

  /**
   * What came of one kernel.
   *
   * @param kernel its name
   * @param shapes how many random shapes were tried
   * @param worst the largest difference found, relative to 1 or to the number, if that is larger
   * @param tolerance the largest allowed
   * @param failure where the first larger difference was, with both values; null if there was none
   */
  public record Outcome(String kernel, int shapes, double worst, double tolerance, String failure) {

    /** Whether the back ends agree. */
    public boolean passed() {
      return failure == null;
    }
  }

  /** Some sums have 128 terms; each float is rounded. */
  private static final double TOLERANCE = 1e-4;

  private static final int LARGEST_VECTOR = 400;
  private static final int LARGEST_MATRIX = 48;

  private static final int MOST_PAIRS = 9;

  /** A kernel, by its results for what the random numbers say. */
  private interface Kernel {
    Slice[] run(Backend backend, Inputs inputs);
  }

  private record Check(String name, Kernel kernel) {}

  /** Shapes and numbers in the back end's memory; the same for the same seed. */
  private record Inputs(Backend backend, Random random, Arena arena) {

    int size(int largest) {
      return 1 + random.nextInt(largest);
    }

    Slice uniform(int n, double from, double to) {
      Slice slice = arena.take(backend, n);
      for (int i = 0; i < n; i++) {
        slice.set(i, (float) (from + (to - from) * random.nextDouble()));
      }
      backend.memory().push(slice);
      return slice;
    }

    Slice any(int n) {
      return uniform(n, -2, 2);
    }

    Slice positive(int n) {
      return uniform(n, 0.01, 2);
    }

    MatrixView matrix(int rows, int columns) {
      return any(rows * columns).asMatrix(rows, columns);
    }
  }

  /** Memory that is used again for each shape, since a back end frees none before it is closed. */
  private static final class Arena {

    private static final int FLOATS = 1 << 18;

    private float[] array;
    private int used;

    Slice take(Backend backend, int n) {
      if (array == null) {
        array = backend.memory().allocate(FLOATS);
      }
      Slice slice = new Slice(array, used, n);
      used += n;
      return slice;
    }
  }

  private final List<Check> checks = new ArrayList<>();

  private SelfTest() {
    matrices();
    elements();
    reductions();
    sequences();
    inference();
    images();
  }

  private void check(String name, Kernel kernel) {
    checks.add(new Check(name, kernel));
  }

  private static Slice[] of(Slice... results) {
    return results;
  }

  private static Slice elements(MatrixView m) {
    return new Slice(m.array(), m.offset(), m.rows() * m.columns());
  }

  private void matrices() {
    check(
        "matrix product",
        (backend, in) -> {
          int m = in.size(LARGEST_MATRIX);
          int k = in.size(LARGEST_MATRIX);
          int n = in.size(LARGEST_MATRIX);
          MatrixView c = in.matrix(m, n);
          Epilogue epilogue = Epilogue.of(in.any(n), UnaryFunction.TANH);
          backend.matrix().multiply(in.matrix(m, k), in.matrix(k, n), c, epilogue);
          return of(elements(c));
        });
    check(
        "matrix product, left transposed",
        (backend, in) -> {
          int m = in.size(LARGEST_MATRIX);
          int k = in.size(LARGEST_MATRIX);
          int n = in.size(LARGEST_MATRIX);
          MatrixView c = in.matrix(m, n);
          MatrixView a = in.matrix(k, m);
          backend.matrix().multiplyTransposedLeft(a, in.matrix(k, n), c, Epilogue.ACCUMULATE);
          return of(elements(c));
        });
    check(
        "matrix product, right transposed",
        (backend, in) -> {
          int m = in.size(LARGEST_MATRIX);
          int k = in.size(LARGEST_MATRIX);
          int n = in.size(LARGEST_MATRIX);
          MatrixView c = in.matrix(m, n);
          MatrixView a = in.matrix(m, k);
          backend.matrix().multiplyTransposedRight(a, in.matrix(n, k), c, Epilogue.STORE);
          return of(elements(c));
        });
    check(
        "matrix products of pairs",
        (backend, in) -> {
          int pairs = in.size(MOST_PAIRS);
          int m = in.size(LARGEST_MATRIX);
          int k = in.size(LARGEST_MATRIX);
          int n = in.size(LARGEST_MATRIX);
          MatrixView c = in.matrix(pairs * m, n);
          MatrixView a = in.matrix(pairs * m, k);
          MatrixView b = in.matrix(pairs * n, k);
          backend.matrix().multiplyPairs(pairs, Transposed.RIGHT, a, b, c, Epilogue.STORE);
          return of(elements(c));
        });
  }

  private void elements() {
    for (UnaryFunction f : UnaryFunction.values()) {
      check(
          "function " + f,
          (backend, in) -> {
            int n = in.size(LARGEST_VECTOR);
            // Logarithms and roots want positive numbers; the others get both signs elsewhere.
            Slice x = in.positive(n);
            Slice y = in.any(n);
            Slice dx = in.any(n);
            backend.elementwise().apply(f, x, y);
            backend.elementwise().applyPullback(f, x, y, in.any(n), dx, true);
            return of(y, dx);
          });
    }
    check(
        "arithmetic",
        (backend, in) -> {
          int n = in.size(LARGEST_VECTOR);
          Slice a = in.any(n);
          Slice b = in.positive(n);
          Slice[] out = of(in.any(n), in.any(n), in.any(n), in.any(n), in.any(n), in.any(n));
          ElementwiseKernels kernels = backend.elementwise();
          kernels.add(a, b, out[0]);
          kernels.subtract(a, b, out[1]);
          kernels.multiply(a, b, out[2]);
          kernels.divide(a, b, out[3]);
          kernels.addScaled(0.5f, a, out[4]);
          kernels.addProduct(a, b, out[5]);
          return out;
        });
  }

  private void reductions() {
    check(
        "sums",
        (backend, in) -> {
          int rows = in.size(LARGEST_MATRIX);
          int columns = in.size(LARGEST_MATRIX);
          MatrixView m = in.matrix(rows, columns);
          Slice[] out = of(in.any(rows), in.any(columns), in.any(1), in.any(1), in.any(rows));
          ReductionKernels kernels = backend.reduction();
          kernels.rowSums(m, out[0]);
          kernels.columnSums(m, out[1], true);
          kernels.sumInto(elements(m), out[2]);
          kernels.dotInto(elements(m), in.any(rows * columns), out[3]);
          kernels.logSumExp(m, out[4]);
          return out;
        });
    check(
        "softmax cross-entropy",
        (backend, in) -> {
          int rows = in.size(LARGEST_MATRIX);
          int classes = in.size(LARGEST_MATRIX);
          MatrixView logits = in.matrix(rows, classes);
          MatrixView probabilities = in.matrix(rows, classes);
          MatrixView gradient = in.matrix(rows, classes);
          Slice losses = in.any(rows);
          Slice labels = in.any(rows);
          for (int i = 0; i < rows; i++) {
            labels.set(i, in.random().nextInt(classes));
          }
          backend.memory().push(labels);
          ReductionKernels kernels = backend.reduction();
          kernels.softmax(logits, probabilities);
          kernels.softmaxCrossEntropy(logits, labels, losses);
          kernels.softmaxCrossEntropyPullback(logits, labels, in.any(rows), gradient, false);
          return of(elements(probabilities), losses, elements(gradient));
        });
  }

  private void sequences() {
    check(
        "normalised rows",
        (backend, in) -> {
          int rows = in.size(LARGEST_MATRIX);
          int columns = 1 + in.size(LARGEST_MATRIX);
          MatrixView x = in.matrix(rows, columns);
          MatrixView p = in.matrix(rows, columns);
          MatrixView normalized = in.matrix(rows, columns);
          MatrixView dX = in.matrix(rows, columns);
          MatrixView products = in.matrix(rows, columns);
          MatrixView dP = in.matrix(rows, columns);
          Slice scale = in.any(columns);
          SequenceKernels kernels = backend.sequence();
          kernels.normalize(x, scale, in.any(columns), 0.1f, normalized);
          kernels.normalizePullback(x, scale, 0.1f, p, dX, products, true);
          kernels.softmaxPullback(p, x, dP, true);
          return of(elements(normalized), elements(dX), elements(products), elements(dP));
        });
    check(
        "attention",
        (backend, in) -> {
          AttentionShape shape = new AttentionShape(2, 1 + in.size(20), 3, 1 + in.size(9));
          MatrixView x = in.matrix(shape.rows(), 3 * shape.width());
          MatrixView out = in.matrix(shape.rows(), shape.width());
          MatrixView dOut = in.matrix(shape.rows(), shape.width());
          MatrixView dX = in.matrix(shape.rows(), 3 * shape.width());
          Slice normalizers = in.any(shape.normalizers());
          AttentionKernels kernels = backend.attention();
          kernels.attend(shape, x, out, normalizers);
          kernels.attendPullback(shape, x, out, normalizers, dOut, dX, true);
          return of(elements(out), normalizers, elements(dX));
        });
    check(
        "rows of a table and orders of axes",
        (backend, in) -> {
          int rows = in.size(LARGEST_MATRIX);
          int columns = in.size(LARGEST_MATRIX);
          MatrixView table = in.matrix(rows, columns);
          Slice numbers = in.any(rows + 3);
          for (int i = 0; i < numbers.length(); i++) {
            numbers.set(i, in.random().nextInt(rows));
          }
          backend.memory().push(numbers);
          MatrixView gathered = in.matrix(rows, columns);
          Slice permuted = in.any(rows * columns);
          SequenceKernels kernels = backend.sequence();
          kernels.gatherRows(table, numbers, 2, gathered);
          Permutation order = new Permutation(new int[] {rows, columns}, 1, 0);
          kernels.permute(order, elements(table), permuted, true);
          return of(elements(gathered), permuted);
        });
  }

  private void inference() {
    check(
        "noise",
        (backend, in) -> {
          int n = in.size(LARGEST_VECTOR);
          Slice[] out = of(in.any(n), in.any(n));
          long seed = in.random().nextLong();
          backend.noise().uniform(seed, 3, n, out[0]);
          backend.noise().normal(seed, 5, n, out[1]);
          return out;
        });
    for (UpdateRule.Kind kind : UpdateRule.Kind.values()) {
      check(
          "variational step, " + kind,
          (backend, in) -> {
            int n = in.size(LARGEST_VECTOR);
            NormalFactors q =
                new NormalFactors(
                    in.any(n),
                    in.uniform(n, -5, 1),
                    in.any(n),
                    in.positive(n),
                    in.positive(n),
                    in.positive(n));
            VariationalStep step = new VariationalStep();
            step.seed = in.random().nextLong();
            step.stream = 2;
            step.step = n;
            step.priorVariance = 0.7f;
            UpdateRule rule = new UpdateRule(kind, 0.9f, 0.99f, 1e-8f, 0);
            rule.advance(1 + in.random().nextInt(1_000), 1e-2f);
            Slice sample = in.any(n);
            Slice scale = in.positive(1);
            VariationalKernels kernels = backend.variational();
            kernels.sample(q, scale, null, step.seed, step.stream, step.step, sample);
            kernels.update(q, in.any(n), scale, null, step, rule);
            return of(sample, q.mean(), q.rho());
          });
    }
    check(
        "log-normal scales",
        (backend, in) -> {
          int n = in.size(LARGEST_VECTOR);
          NormalFactors q =
              new NormalFactors(
                  in.any(n),
                  in.uniform(n, -2, 1),
                  in.any(n),
                  in.positive(n),
                  in.uniform(n, 0.5, 2),
                  in.positive(n));
          VariationalStep step = new VariationalStep();
          step.likelihoodWeight = 0.1f;
          step.klWeight = 0.01f;
          UpdateRule rule = new UpdateRule(UpdateRule.Kind.IVON, 0.9f, 0.99f, 0, 0);
          rule.advance(1 + in.random().nextInt(1_000), 1e-2f);
          Slice drawn = in.any(n);
          Slice gradient = in.any(n);
          Slice[] out = of(in.any(n), in.any(n), in.any(n), q.mean(), q.rho());
          VariationalKernels kernels = backend.variational();
          kernels.logNormalGradients(
              q.mean(), q.rho(), drawn, gradient, 0.5, 1, step, out[0], out[1]);
          kernels.logNormalPointGradient(q.mean(), gradient, 0.5, 1, step, out[2]);
          kernels.updateLogNormal(q, drawn, gradient, 0.5, 1, step, rule);
          return out;
        });
    check(
        "evidence",
        (backend, in) -> {
          int n = in.size(LARGEST_VECTOR);
          Slice mean = in.any(n);
          Slice deviation = in.positive(n);
          Slice[] out = of(in.any(n), in.any(n), in.any(n), in.any(3));
          backend.evidence().deltaF(mean, deviation, 4.5f, 0, out[0]);
          backend.evidence().deltaF(mean, deviation, 4.5f, 0.1f, out[1]);
          double[] sums = new double[3];
          float[] reduced = {0, 0.5f, 2};
          // Which of them is the best may hang on a rounding, and is not compared.
          backend.evidence().deltaFBest(mean, deviation, 4.5f, reduced, sums, out[2], in.any(n));
          for (int j = 0; j < sums.length; j++) {
            out[3].set(j, (float) sums[j]);
          }
          backend.memory().push(out[3]);
          return out;
        });
    check(
        "evidence of rows and columns",
        (backend, in) -> {
          int rows = in.size(LARGEST_MATRIX);
          int columns = in.size(LARGEST_MATRIX);
          MatrixView mean = in.matrix(rows, columns);
          MatrixView deviation = in.positive(rows * columns).asMatrix(rows, columns);
          Slice[] out = of(in.any(rows), in.any(columns));
          backend.evidence().spikeGroupSums(mean, deviation, 4.5f, out[0], out[1]);
          return out;
        });
  }

  private void images() {
    check(
        "convolution and pooling",
        (backend, in) -> {
          Window window = new Window(3, 3, 1, 1, 1, 1);
          ConvolutionShape shape =
              new ConvolutionShape(
                  in.size(3), in.size(4), 3 + in.size(9), 3 + in.size(9), in.size(6), 1, window);
          int planes = shape.batch() * shape.channels();
          int pixels = shape.height() * shape.width();
          int weights = shape.filters() * shape.channels() * 9;
          Slice x = in.any(planes * pixels);
          Slice w = in.any(weights);
          Slice y = in.any(shape.batch() * shape.filters() * pixels);
          Slice dx = in.any(planes * pixels);
          Slice dw = in.any(weights);
          Slice pooled = in.any(planes * pixels);
          ConvolutionKernels kernels = backend.convolution();
          kernels.convolve(shape, x, w, y, Epilogue.STORE);
          kernels.convolvePullbackInput(shape, w, y, dx, false);
          kernels.convolvePullbackWeights(shape, x, y, dw, false, null, false);
          kernels.maxPool(
              new PoolingShape(planes, shape.height(), shape.width(), window), x, pooled);
          return of(y, dx, dw, pooled);
        });
  }

  /**
   * Compares for some time.
   *
   * @param candidate to be compared with the scalar back end
   * @param seconds about how long in all, positive
   * @param seed of shapes and numbers
   * @return an outcome for each kernel; a kernel that the candidate does not have has failed
   */
  public static List<Outcome> run(Backend candidate, double seconds, long seed) {
    SelfTest test = new SelfTest();
    long share = (long) (seconds * 1e9 / test.checks.size());
    List<Outcome> outcomes = new ArrayList<>();
    try (Backend scalar = new ScalarBackendProvider().open(1)) {
      Arena candidates = new Arena();
      Arena oracles = new Arena();
      for (Check check : test.checks) {
        outcomes.add(run(check, candidate, candidates, scalar, oracles, share, seed));
      }
    }
    return outcomes;
  }

  private static Outcome run(
      Check check,
      Backend candidate,
      Arena candidates,
      Backend scalar,
      Arena oracles,
      long nanos,
      long seed) {
    long start = System.nanoTime();
    double worst = 0;
    int shapes = 0;
    while (shapes < 20 || System.nanoTime() - start < nanos) {
      long shape = seed + shapes++;
      Slice[] expected = results(check, scalar, oracles, shape);
      Slice[] found;
      try {
        found = results(check, candidate, candidates, shape);
      } catch (RuntimeException refused) {
        return new Outcome(check.name(), shapes, worst, TOLERANCE, refused.getMessage());
      }
      for (int r = 0; r < expected.length; r++) {
        for (int i = 0; i < expected[r].length(); i++) {
          double want = expected[r].get(i);
          double is = found[r].get(i);
          double difference = Math.abs(is - want) / Math.max(1, Math.abs(want));
          // Not simply larger: a NaN is never.
          if (!(difference <= TOLERANCE) && Double.compare(is, want) != 0) {
            String failure =
                String.format(
                    "result %d, element %d is %s, but %s by the scalar back end (shape %d)",
                    r, i, is, want, shape);
            return new Outcome(check.name(), shapes, difference, TOLERANCE, failure);
          }
          worst = Math.max(worst, difference);
        }
      }
    }
    return new Outcome(check.name(), shapes, worst, TOLERANCE, null);
  }

  private static Slice[] results(Check check, Backend backend, Arena arena, long seed) {
    arena.used = 0;
    Inputs inputs = new Inputs(backend, new Random(seed), arena);
    Slice[] results = check.kernel().run(backend, inputs);
    for (Slice result : results) {
      backend.memory().pull(result);
    }
    return results;
  }
}
