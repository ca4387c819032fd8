package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertSame;
import static io.github.bmr4j.kernels.KernelData.copy;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleBiFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SIMD against scalar for every method of the interface. */
@Tag("width")
class ReductionKernelsTest {

  /** Enough calls for the C2 compiler, whose code the parity is about. */
  private static final int WARM_UP = 20_000;

  /** Rows and columns, some with the shapes of classification and of bias gradients. */
  private static final int[][] SHAPES = {
    {0, 0},
    {0, 5},
    {1, 1},
    {3, 1},
    {1, 2},
    {2, 3},
    {128, 10},
    {5, 15},
    {5, 16},
    {5, 17},
    {33, 31},
    {63, 33},
    {64, 64},
    {65, 65},
    {17, 128},
    {17, 129},
    {129, 400},
    {7, 1023},
    {3, 1024},
    {2, 1025},
    {2_000, 10},
    {120, 500},
    {2, 9_000}
  };

  /** Distance between the rows beyond the columns; what lies there must stay as it is. */
  private static final int GAP = 3;

  // What 512-bit vectors computed for the arguments of 123 x 1,030: sums, and hashes of bits.
  private static final double SUM = 126845.4804763794;
  private static final double DOT = -63095.2302184701;
  private static final long ROWS_AND_COLUMNS = 0xa1c4a78436e74998L;
  private static final long SOFTMAX = -218863442293349994L;
  private static final long SHORT_ROWS = -6485359800617919079L;
  private static final long CROSS_ENTROPY = 8646103647094097076L;

  private static final WorkerPool POOL = new WorkerPool(2);

  private final ReductionKernels scalar = new ScalarReductionKernels();
  private final ReductionKernels simd = new SimdReductionKernels(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  /** Inputs and outputs of a call; outputs start with values that the call may add to. */
  static final class Arguments {
    final MatrixView m;
    final Slice logits;
    final Slice x;
    final Slice other;
    final Slice labels;
    final Slice dLosses;
    final Slice perRow;
    final Slice perColumn;
    final Slice out;

    Arguments(int rows, int columns) {
      long seed = 1_000L * rows + columns;
      x = uniform(rows * columns, seed, -1, 3);
      other = uniform(rows * columns, seed + 1, -2, 1);
      logits = uniform(rows == 0 ? 0 : rows * (columns + GAP) - GAP, seed + 2, -9, 9);
      m = strided(logits, rows, columns);
      labels = guarded(rows);
      for (int i = 0; i < rows; i++) {
        labels.set(i, i * 7 % columns);
      }
      dLosses = uniform(rows, seed + 3, -1, 1);
      perRow = uniform(rows, seed + 4, -1, 1);
      perColumn = uniform(columns, seed + 5, -1, 1);
      out = uniform(logits.length(), seed + 6, -1, 1);
    }

    private static MatrixView strided(Slice slice, int rows, int columns) {
      return new MatrixView(slice.array(), slice.offset(), rows, columns, columns + GAP);
    }

    MatrixView outMatrix() {
      return strided(out, m.rows(), m.columns());
    }

    List<Slice> all() {
      return List.of(x, other, logits, labels, dLosses, perRow, perColumn, out);
    }
  }

  /** Calls one method and returns what it computed, other than in the outputs; 0 for nothing. */
  record Case(String name, String method, Call call) {
    @Override
    public String toString() {
      return name;
    }
  }

  interface Call extends ToDoubleBiFunction<ReductionKernels, Arguments> {}

  /** A call whose results are all in its outputs. */
  private interface Effect {
    void on(ReductionKernels kernels, Arguments a);
  }

  private static Case value(String method, Call call) {
    return new Case(method, method, call);
  }

  private static Case effect(String name, String method, Effect effect) {
    return new Case(
        name,
        method,
        (k, a) -> {
          effect.on(k, a);
          return 0;
        });
  }

  private static Case effect(String method, Effect effect) {
    return effect(method, method, effect);
  }

  static Stream<Case> cases() {
    return Stream.of(
        value("sum", (k, a) -> k.sum(a.x)),
        value("dot", (k, a) -> k.dot(a.x, a.other)),
        value("firstNonFinite", (k, a) -> k.firstNonFinite(a.x)),
        effect("sumInto", (k, a) -> k.sumInto(a.x, first(a))),
        effect("dotInto", (k, a) -> k.dotInto(a.x, a.other, first(a))),
        effect("rowSums", (k, a) -> k.rowSums(a.m, a.perRow)),
        effect("columnSums", (k, a) -> k.columnSums(a.m, a.perColumn, false)),
        effect("columnSums, added", "columnSums", (k, a) -> k.columnSums(a.m, a.perColumn, true)),
        effect("logSumExp", (k, a) -> k.logSumExp(a.m, a.perRow)),
        effect("softmax", (k, a) -> k.softmax(a.m, a.outMatrix())),
        effect("softmax in place", "softmax", (k, a) -> k.softmax(a.outMatrix(), a.outMatrix())),
        effect("softmaxCrossEntropy", (k, a) -> k.softmaxCrossEntropy(a.m, a.labels, a.perRow)),
        effect("softmaxCrossEntropyPullback", (k, a) -> pullback(k, a, a.m, false)),
        effect(
            "softmaxCrossEntropyPullback, added",
            "softmaxCrossEntropyPullback",
            (k, a) -> pullback(k, a, a.m, true)),
        effect(
            "softmaxCrossEntropyPullback in place",
            "softmaxCrossEntropyPullback",
            (k, a) -> pullback(k, a, a.outMatrix(), false)));
  }

  /** The slice for a scalar result, in whatever output has an element. */
  private static Slice first(Arguments a) {
    return a.out.length() > 0 ? a.out : Slice.allocate(1);
  }

  private static void pullback(
      ReductionKernels k, Arguments a, MatrixView logits, boolean accumulate) {
    k.softmaxCrossEntropyPullback(logits, a.labels, a.dLosses, a.outMatrix(), accumulate);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void simdAgreesWithScalarBeforeAndAfterCompilation(Case c) {
    for (int[] shape : SHAPES) {
      agree(c, shape[0], shape[1]);
    }
    Arguments a = new Arguments(5, 19);
    double expected = c.call.applyAsDouble(simd, new Arguments(5, 19));
    for (int i = 0; i < WARM_UP; i++) {
      double again = c.call.applyAsDouble(simd, a);
      if (again != expected) {
        assertEquals(expected, again, c + ", call " + i);
      }
    }
    for (int[] shape : SHAPES) {
      agree(c, shape[0], shape[1]);
    }
  }

  /**
   * At most 64 float roundings follow each other, in a lane of a block or in a block of rows: an
   * error of 2⁻²⁰ Σ|x| would be sixteen times what is likely, yet one term left out is far more. A
   * few units in the last place for exponentials.
   */
  private void agree(Case c, int rows, int columns) {
    String what = c + ", " + rows + " x " + columns;
    Arguments e = new Arguments(rows, columns);
    Arguments a = new Arguments(rows, columns);
    double expected = c.call.applyAsDouble(scalar, e);
    double actual = c.call.applyAsDouble(simd, a);
    int n = rows * columns;
    assertEquals(expected, actual, 0x1p-20 * 3 * n, what);
    int terms = c.method.equals("rowSums") ? columns : c.method.equals("columnSums") ? rows : 1;
    double tolerance = 4e-7 + 0x1p-20 * 9 * Math.max(0, terms - 1);
    if (c.method.equals("sumInto") || c.method.equals("dotInto")) {
      tolerance = 4e-7 + 0x1p-20 * 3 * n;
    }
    List<Slice> outputs = a.all();
    for (int i = 0; i < outputs.size(); i++) {
      assertClose(e.all().get(i), outputs.get(i), tolerance, 4e-7, what + ", argument " + i);
    }
    gapsAreUntouched(new Arguments(rows, columns), a, what);
  }

  private static void gapsAreUntouched(Arguments before, Arguments after, String what) {
    for (int i = 0; i < after.m.rows() - 1; i++) {
      for (int j = after.m.columns(); j < after.m.stride(); j++) {
        assertEquals(
            before.outMatrix().get(i, j), after.outMatrix().get(i, j), what + ", gap of row " + i);
      }
    }
  }

  /** The promise of the interface: order of addition by length alone. */
  @ParameterizedTest
  @MethodSource("cases")
  void threadsChangeNoBit(Case c) {
    for (int[] shape : new int[][] {{1_999, 11}, {37, 1_025}, {300, 301}}) {
      Arguments expected = new Arguments(shape[0], shape[1]);
      double value = 0;
      for (int threads = 1; threads <= 3; threads++) {
        Arguments a = new Arguments(shape[0], shape[1]);
        String what = c + " on " + threads + " threads";
        try (WorkerPool pool = new WorkerPool(threads)) {
          double actual = c.call.applyAsDouble(new SimdReductionKernels(pool), a);
          if (threads == 1) {
            value = actual;
            expected = a;
          }
          assertEquals(value, actual, what);
        }
        for (int i = 0; i < a.all().size(); i++) {
          assertSame(expected.all().get(i), a.all().get(i), what + ", argument " + i);
        }
      }
    }
  }

  /**
   * The same whatever the width and the machine: a sum of floats changes when anything in its order
   * does, and the elementary functions are our own.
   */
  @Test
  void widthChangesNoBit() {
    Arguments a = new Arguments(123, 1_030);
    assertEquals(SUM, simd.sum(a.x));
    assertEquals(DOT, simd.dot(a.x, a.other));
    simd.rowSums(a.m, a.perRow);
    simd.columnSums(a.m, a.perColumn, true);
    assertEquals(ROWS_AND_COLUMNS, KernelData.checksum(a.perRow, a.perColumn));
    simd.logSumExp(a.m, a.perRow);
    simd.softmax(a.m, a.outMatrix());
    assertEquals(SOFTMAX, KernelData.checksum(a.perRow, a.out));
    simd.softmaxCrossEntropy(a.m, a.labels, a.perRow);
    pullback(simd, a, a.m, true);
    assertEquals(CROSS_ENTROPY, KernelData.checksum(a.perRow, a.out));
    Arguments b = new Arguments(123, 10);
    Arguments c = new Arguments(123, 100);
    for (Arguments x : List.of(b, c)) {
      simd.softmax(x.m, x.outMatrix());
      simd.softmaxCrossEntropy(x.m, x.labels, x.perRow);
      pullback(simd, x, x.m, true);
    }
    assertEquals(SHORT_ROWS, KernelData.checksum(b.perRow, b.out, c.perRow, c.out));
  }

  /** Where ln p is close to 0: 1 − p = 9 e⁻ᵃ alone must be known, not its sum with 1. */
  @Test
  void confidentPredictionsKeepTheirRelativeAccuracy() {
    Slice logits = Slice.allocate(10);
    MatrixView m = logits.asMatrix(1, 10);
    Slice loss = Slice.allocate(1);
    Slice d = Slice.allocate(10);
    for (float a = 1; a < 60; a += 0.7f) {
      logits.set(4, a);
      double z = 9 * Math.exp(-a);
      simd.softmaxCrossEntropy(m, Slice.of(4), loss);
      simd.softmaxCrossEntropyPullback(m, Slice.of(4), Slice.of(1f), d.asMatrix(1, 10), false);
      assertEquals(Math.log1p(z), loss.get(0), 1e-6 * Math.log1p(z), "loss, logit " + a);
      assertEquals(-z / (1 + z), d.get(4), 1e-6 * z / (1 + z), "gradient, logit " + a);
      assertEquals(z / (1 + z) / 9, d.get(3), 1e-6 * z / (1 + z) / 9, "gradient, logit " + a);
    }
  }

  /** A million times 0.1: one float accumulator would be off by 1 %. */
  @Test
  void longSumsKeepTheirAccuracy() {
    Slice x = Slice.allocate(1_000_000);
    x.fill(0.1f);
    double exact = 1e6 * 0.1f;
    assertEquals(exact, simd.sum(x), 1e-6 * exact);
    assertEquals(exact * 0.1f, simd.dot(x, x), 1e-6 * exact * 0.1f);
    Slice out = Slice.allocate(1);
    simd.columnSums(x.asMatrix(1_000_000, 1), out, false);
    assertEquals(exact, out.get(0), 1e-6 * exact);
    simd.rowSums(x.asMatrix(1, 1_000_000), out);
    assertEquals(exact, out.get(0), 1e-6 * exact);
  }

  @Test
  void findsTheFirstNonFiniteElementWhereverItIs() {
    float[] bad = {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY};
    for (int n : SIZES) {
      Slice x = uniform(n, n, -1, 1);
      if (n > 0) {
        x.set(n / 2, Float.MAX_VALUE); // large, but finite
      }
      assertEquals(-1, simd.firstNonFinite(x));
      for (int at = 0; at < n; at += 1 + n / 97) {
        Slice y = copy(x);
        y.set(at, bad[at % 3]);
        y.set(n - 1, Float.NaN);
        assertEquals(at, simd.firstNonFinite(y), "n = " + n);
        assertEquals(at, scalar.firstNonFinite(y), "n = " + n);
      }
      // What surrounds a slice is not its concern.
      x.array()[x.offset() - 1] = Float.NaN;
      x.array()[x.offset() + n] = Float.NaN;
      assertEquals(-1, simd.firstNonFinite(x), "n = " + n);
    }
  }

  /** Logits that would overflow or vanish without the maximum taken out, and infinite ones. */
  @Test
  void extremeLogits() {
    float inf = Float.POSITIVE_INFINITY;
    for (ReductionKernels k : List.of(scalar, simd)) {
      MatrixView x =
          MatrixView.of(
              4, 3, 1e4f, 1e4f, -1e4f, -2e5f, -2e5f, -2e5f, -inf, 0f, -inf, -inf, -inf, -inf);
      Slice out = guarded(4);
      k.logSumExp(x, out);
      assertEquals(1e4 + Math.log(2), out.get(0), 1e-3);
      assertEquals(-2e5 + Math.log(3), out.get(1), 2e-2);
      assertEquals(0, out.get(2));
      assertEquals(-inf, out.get(3));
      MatrixView three = new MatrixView(x.array(), 0, 3, 3, 3);
      Slice p = guarded(9);
      k.softmax(three, p.asMatrix(3, 3));
      double third = 1 / 3.0;
      double[] expected = {0.5, 0.5, 0, third, third, third, 0, 1, 0};
      for (int i = 0; i < 9; i++) {
        assertEquals(expected[i], p.get(i), 1e-7, k.getClass() + ", element " + i);
      }
      Slice losses = guarded(2);
      k.softmaxCrossEntropy(new MatrixView(x.array(), 0, 2, 3, 3), Slice.of(2, 0), losses);
      assertEquals(2e4 + Math.log(2), losses.get(0), 2e-3);
      assertEquals(Math.log(3), losses.get(1), 2e-2);
      k.logSumExp(MatrixView.of(1, 2, inf, 1), losses.slice(0, 1));
      assertEquals(inf, losses.get(0));
      k.logSumExp(MatrixView.of(1, 2, Float.NaN, 1), losses.slice(0, 1));
      assertTrue(Float.isNaN(losses.get(0)));
    }
  }

  /** Central differences of the scalar loss, rows of 10 classes; h = 2⁻⁶, error h²/6 at most. */
  @Test
  void crossEntropyPullbackIsTheDerivative() {
    Arguments a = new Arguments(12, 10);
    for (int i = 0; i < a.logits.length(); i++) {
      a.logits.set(i, a.logits.get(i) / 4);
    }
    Slice old = copy(a.out);
    pullback(simd, a, a.m, true);
    float h = 0x1p-6f;
    for (int i = 0; i < 12; i++) {
      for (int j = 0; j < 10; j++) {
        double slope = (loss(a, i, j, h) - loss(a, i, j, -h)) / (2 * h);
        int at = i * (10 + GAP) + j;
        double expected = old.get(at) + a.dLosses.get(i) * slope;
        assertEquals(expected, a.out.get(at), h * h / 6 + 2e-5, "row " + i + ", class " + j);
      }
    }
  }

  private double loss(Arguments a, int row, int column, float h) {
    Slice moved = copy(a.logits);
    int at = row * (a.m.columns() + GAP) + column;
    moved.set(at, moved.get(at) + h);
    Slice losses = guarded(a.m.rows());
    scalar.softmaxCrossEntropy(
        Arguments.strided(moved, a.m.rows(), a.m.columns()), a.labels, losses);
    return losses.get(row);
  }

  @Test
  void labelsMustBeClasses() {
    MatrixView logits = Slice.allocate(6).asMatrix(2, 3);
    for (ReductionKernels k : List.of(scalar, simd)) {
      for (float label : new float[] {3f, -1f, 0.5f, Float.NaN, Float.POSITIVE_INFINITY}) {
        Slice labels = Slice.of(0f, label);
        List<Runnable> calls =
            List.of(
                () -> k.softmaxCrossEntropy(logits, labels, Slice.allocate(2)),
                () ->
                    k.softmaxCrossEntropyPullback(
                        logits, labels, Slice.allocate(2), Slice.allocate(6).asMatrix(2, 3), true));
        for (Runnable call : calls) {
          String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
          assertTrue(message.contains("row 1"), message);
          assertTrue(message.contains("label " + label), message);
          assertTrue(message.contains("3 classes"), message);
        }
      }
    }
  }

  @Test
  void refusesWhatDoesNotFit() {
    Slice two = Slice.allocate(2);
    Slice three = Slice.allocate(3);
    Slice twelve = Slice.allocate(12);
    MatrixView m = twelve.slice(0, 6).asMatrix(2, 3);
    MatrixView transposed = twelve.slice(6, 6).asMatrix(3, 2);
    MatrixView shifted = twelve.slice(1, 6).asMatrix(2, 3);
    for (ReductionKernels k : List.of(scalar, simd)) {
      List<Runnable> wrong =
          List.of(
              () -> k.dot(two, three),
              () -> k.dotInto(two, three, two),
              () -> k.sumInto(two, two.slice(0, 0)),
              () -> k.dotInto(two, two, two.slice(0, 0)),
              () -> k.rowSums(m, three),
              () -> k.rowSums(m, twelve.slice(5, 2)),
              () -> k.columnSums(m, two, false),
              () -> k.columnSums(m, twelve.slice(0, 3), false),
              () -> k.logSumExp(m, three),
              () -> k.softmax(m, transposed),
              () -> k.softmax(m, shifted),
              () -> k.softmaxCrossEntropy(m, three, two),
              () -> k.softmaxCrossEntropy(m, two, three),
              () -> k.softmaxCrossEntropyPullback(m, three, two, m, false),
              () -> k.softmaxCrossEntropyPullback(m, two, three, m, false),
              () -> k.softmaxCrossEntropyPullback(m, two, two, transposed, false),
              () -> k.softmaxCrossEntropyPullback(m, two, two, shifted, false));
      for (int i = 0; i < wrong.size(); i++) {
        Runnable call = wrong.get(i);
        assertThrows(IllegalArgumentException.class, call::run, k.getClass() + ", call " + i);
      }
    }
  }

  @Test
  void everyMethodHasItsCase() {
    Method[] methods = ReductionKernels.class.getDeclaredMethods();
    Set<String> names = new TreeSet<>();
    for (Method method : methods) {
      names.add(method.getName());
    }
    assertEquals(methods.length, names.size(), "overloads need cases of their own");
    assertTrue(names.size() >= 11, "methods found: " + names);
    assertEquals(names, cases().map(Case::method).collect(Collectors.toCollection(TreeSet::new)));
  }
}
