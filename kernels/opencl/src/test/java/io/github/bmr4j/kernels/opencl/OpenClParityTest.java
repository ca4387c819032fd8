package io.github.bmr4j.kernels.opencl;

import static io.github.bmr4j.kernels.opencl.Data.SIZES;
import static io.github.bmr4j.kernels.opencl.Data.assertClose;
import static io.github.bmr4j.kernels.opencl.Data.copy;
import static io.github.bmr4j.kernels.opencl.Data.matrix;
import static io.github.bmr4j.kernels.opencl.Data.uniform;
import static io.github.bmr4j.kernels.opencl.Data.zeros;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bmr4j.kernels.AttentionKernels;
import io.github.bmr4j.kernels.AttentionShape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.ConvolutionKernels;
import io.github.bmr4j.kernels.ConvolutionShape;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.EvidenceKernels;
import io.github.bmr4j.kernels.MatrixKernels;
import io.github.bmr4j.kernels.MatrixView;
import io.github.bmr4j.kernels.NoiseKernels;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Permutation;
import io.github.bmr4j.kernels.PoolingShape;
import io.github.bmr4j.kernels.ReductionKernels;
import io.github.bmr4j.kernels.SequenceKernels;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparseKernels;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.Transposed;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalKernels;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.kernels.Window;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Every kernel on the device against its scalar oracle, over odd sizes, within stated bounds. */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OpenClParityTest {

  private static final double ULP = 0x1p-23;

  private static OpenClBackend device;
  private static Backend scalar;
  private static Staged staged;

  @BeforeAll
  static void open() {
    device = TestDevice.open();
    scalar = Backends.open("scalar", 1);
    staged = new Staged(device);
  }

  @AfterAll
  static void close() {
    if (device != null) {
      device.close();
      scalar.close();
    }
  }

  /** Runs the same on the scalar kernels and on the device's, each on a copy of {@code out}. */
  private static <K> void compare(
      K oracle,
      K kernels,
      Slice out,
      double absolute,
      double relative,
      String what,
      BiConsumer<K, Slice> call) {
    Slice expected = copy(out);
    Slice actual = copy(out);
    call.accept(oracle, expected);
    call.accept(kernels, actual);
    assertClose(expected, actual, absolute, relative, what);
  }

  private static <K> void compareMatrix(
      K oracle,
      K kernels,
      MatrixView out,
      double absolute,
      double relative,
      String what,
      BiConsumer<K, MatrixView> call) {
    MatrixView expected = copy(out);
    MatrixView actual = copy(out);
    call.accept(oracle, expected);
    call.accept(kernels, actual);
    assertClose(expected, actual, absolute, relative, what);
  }

  @Test
  void arithmetic() {
    ElementwiseKernels oracle = scalar.elementwise();
    ElementwiseKernels kernels = staged.of(ElementwiseKernels.class, device.elementwise());
    for (int n : SIZES) {
      Slice a = uniform(n, n, -2, 2);
      Slice b = uniform(n, n + 1, 0.1, 3);
      Slice out = uniform(n, n + 2, -1, 1);
      String what = "n = " + n;
      compare(oracle, kernels, out, 0, 0, what + " copy", (k, y) -> k.copy(a, y));
      compare(oracle, kernels, out, 0, 0, what + " fill", (k, y) -> k.fill(y, 0.7f));
      compare(oracle, kernels, out, 0, 0, what + " add", (k, y) -> k.add(a, b, y));
      compare(oracle, kernels, out, 0, 0, what + " subtract", (k, y) -> k.subtract(a, b, y));
      compare(oracle, kernels, out, 0, 0, what + " multiply", (k, y) -> k.multiply(a, b, y));
      compare(oracle, kernels, out, 0, 0, what + " divide", (k, y) -> k.divide(a, b, y));
      compare(oracle, kernels, out, 0, 0, what + " scale", (k, y) -> k.scale(-1.3f, a, y));
      compare(oracle, kernels, out, ULP, ULP, what, (k, y) -> k.addScaled(-1.3f, a, y));
      compare(oracle, kernels, out, ULP, ULP, what, (k, y) -> k.addProduct(a, b, y));
      compare(oracle, kernels, out, 0, 0, what + " in place", (k, y) -> k.add(y, b, y));
      compare(oracle, kernels, out, 0, 0, what + " to itself", (k, y) -> k.copy(y, y));
    }
    for (int[] shape : new int[][] {{0, 5}, {1, 1}, {3, 7}, {65, 33}}) {
      Slice row = uniform(shape[1], 1, -1, 1);
      MatrixView m = matrix(shape[0], shape[1], 2, -1, 1);
      compareMatrix(oracle, kernels, m, 0, 0, "addRow", (k, y) -> k.addRow(row, y));
    }
  }

  /** The bounds of {@link ElementwiseKernels#apply}. */
  @ParameterizedTest
  @EnumSource
  void functions(UnaryFunction f) {
    ElementwiseKernels oracle = scalar.elementwise();
    ElementwiseKernels kernels = staged.of(ElementwiseKernels.class, device.elementwise());
    boolean positive = f == UnaryFunction.LOG || f == UnaryFunction.SQRT;
    int n = 40_003;
    Slice x = uniform(n, 5, positive ? 1e-6 : -16, 16);
    boolean gate =
        f == UnaryFunction.SWISH || f == UnaryFunction.GELU_TANH || f == UnaryFunction.GELU;
    double relative = (f == UnaryFunction.GELU ? 6 : 4) * ULP;
    double absolute = gate ? relative * 0x1p-20 : 0;
    compare(oracle, kernels, zeros(n), absolute, relative, f + "", (k, y) -> k.apply(f, x, y));
    float[] special = {
      0f, -0f, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, 1e-30f
    };
    Slice edges = new Slice(special, 0, special.length);
    boolean circular = f == UnaryFunction.SIN || f == UnaryFunction.COS;
    Slice finite = circular ? edges.slice(0, 3) : edges;
    compare(
        oracle,
        kernels,
        zeros(finite.length()),
        0,
        relative,
        f + " at its edges",
        (k, y) -> k.apply(f, finite, y));
    Slice y = zeros(n);
    oracle.apply(f, x, y);
    Slice dy = uniform(n, 6, -2, 2);
    for (boolean accumulate : new boolean[] {false, true}) {
      compare(
          oracle,
          kernels,
          uniform(n, 7, -1, 1),
          0x1p-20,
          0x1p-20,
          f + "'s pullback",
          (k, dx) -> k.applyPullback(f, x, y, dy, dx, accumulate));
    }
  }

  @Test
  void products() {
    MatrixKernels oracle = scalar.matrix();
    MatrixKernels kernels = staged.of(MatrixKernels.class, device.matrix());
    int[] sizes = {0, 1, 3, 15, 16, 17, 33, 65};
    int compared = 0;
    for (int m : sizes) {
      for (int n : sizes) {
        for (int k : sizes) {
          products(oracle, kernels, m, n, k, compared);
          compared++;
        }
      }
    }
    for (int[] large : new int[][] {{257, 300, 129}, {300, 257, 17}, {511, 260, 70}}) {
      for (int e = 0; e < 4; e++) {
        products(oracle, kernels, large[0], large[1], large[2], e);
      }
    }
    assertEquals(sizes.length * sizes.length * sizes.length, compared);
  }

  private static void products(
      MatrixKernels oracle, MatrixKernels kernels, int m, int n, int k, int number) {
    Slice bias = uniform(n, 9, -1, 1);
    Epilogue epilogue =
        List.of(
                Epilogue.STORE,
                Epilogue.ACCUMULATE,
                Epilogue.of(bias, UnaryFunction.TANH),
                new Epilogue(true, bias, UnaryFunction.RELU))
            .get(number % 4);
    double absolute = 0x1p-24 * (k * k + 4 * (k + 2));
    String what = m + " x " + n + ", inner " + k + ", " + epilogue;
    MatrixView c = matrix(m, n, 3, -1, 1);
    MatrixView a = matrix(m, k, 1, -1, 1);
    MatrixView b = matrix(k, n, 2, -1, 1);
    compareMatrix(
        oracle, kernels, c, absolute, 4 * ULP, what, (p, y) -> p.multiply(a, b, y, epilogue));
    MatrixView aT = matrix(k, m, 1, -1, 1);
    compareMatrix(
        oracle,
        kernels,
        c,
        absolute,
        4 * ULP,
        what,
        (p, y) -> p.multiplyTransposedLeft(aT, b, y, epilogue));
    MatrixView bT = matrix(n, k, 2, -1, 1);
    compareMatrix(
        oracle,
        kernels,
        c,
        absolute,
        4 * ULP,
        what,
        (p, y) -> p.multiplyTransposedRight(a, bT, y, epilogue));
  }

  @Test
  void productsOfPairs() {
    MatrixKernels oracle = scalar.matrix();
    MatrixKernels kernels = staged.of(MatrixKernels.class, device.matrix());
    // The last are computed by wide tiles.
    int[][] shapes = {{2, 3, 5, 7}, {40, 65, 65, 32}, {7, 16, 33, 17}, {3, 130, 190, 20}};
    for (int[] shape : shapes) {
      int pairs = shape[0];
      int m = shape[1];
      int n = shape[2];
      int k = shape[3];
      Slice bias = uniform(n, 9, -1, 1);
      MatrixView c = matrix(pairs * m, n, 3, -1, 1);
      for (Transposed transposed : Transposed.values()) {
        MatrixView a = stacked(pairs, m, k, 1, transposed.left());
        MatrixView b = stacked(pairs, k, n, 2, transposed.right());
        for (Epilogue epilogue :
            List.of(Epilogue.STORE, new Epilogue(true, bias, UnaryFunction.RELU))) {
          compareMatrix(
              oracle,
              kernels,
              c,
              0x1p-24 * (k * k + 4 * (k + 2)),
              4 * ULP,
              pairs + " pairs, " + m + " x " + n + ", inner " + k + ", " + transposed,
              (p, y) -> p.multiplyPairs(pairs, transposed, a, b, y, epilogue));
        }
      }
    }
  }

  private static MatrixView stacked(
      int pairs, int rows, int columns, int seed, boolean transposed) {
    return transposed
        ? matrix(pairs * columns, rows, seed, -1, 1)
        : matrix(pairs * rows, columns, seed, -1, 1);
  }

  @ParameterizedTest
  @CsvSource({"1,1,1,1", "2,3,1,2", "3,7,2,5", "5,65,8,32", "1,130,2,17"})
  void attention(int examples, int tokens, int heads, int size) {
    AttentionShape shape = new AttentionShape(examples, tokens, heads, size);
    AttentionKernels oracle = scalar.attention();
    AttentionKernels kernels = staged.of(AttentionKernels.class, device.attention());
    MatrixView x = matrix(shape.rows(), 3 * shape.width(), 1, -1, 1);
    MatrixView out = matrix(shape.rows(), shape.width(), 2, -1, 1);
    Slice normalizers = zeros(shape.normalizers());
    double absolute = 2e-6 * Math.sqrt(size);
    compareMatrix(
        oracle,
        kernels,
        out,
        absolute,
        2e-5,
        "attention",
        (k, y) -> k.attend(shape, x, y, zeros(shape.normalizers())));
    compare(
        oracle,
        kernels,
        normalizers,
        absolute,
        2e-5,
        "normalisers",
        (k, y) -> k.attend(shape, x, copy(out), y));
    oracle.attend(shape, x, out, normalizers);
    MatrixView dOut = matrix(shape.rows(), shape.width(), 3, -1, 1);
    for (boolean accumulate : new boolean[] {false, true}) {
      compareMatrix(
          oracle,
          kernels,
          matrix(shape.rows(), 3 * shape.width(), 4, -1, 1),
          absolute,
          2e-5,
          "attention's pullback",
          (k, y) -> k.attendPullback(shape, x, out, normalizers, dOut, y, accumulate));
    }
  }

  @Test
  void sums() {
    ReductionKernels oracle = scalar.reduction();
    ReductionKernels kernels = staged.of(ReductionKernels.class, device.reduction());
    for (int n : SIZES) {
      Slice a = uniform(n, n, -1, 1);
      Slice b = uniform(n, n + 1, -1, 1);
      assertEquals(oracle.sum(a), kernels.sum(a), 1e-12 * n, "sum of " + n);
      assertEquals(oracle.dot(a, b), kernels.dot(a, b), 1e-12 * n, "dot of " + n);
      compare(oracle, kernels, zeros(2), 0, ULP, "sumInto", (k, y) -> k.sumInto(a, y));
      compare(oracle, kernels, zeros(1), 1e-12, ULP, "dotInto", (k, y) -> k.dotInto(a, b, y));
      assertEquals(-1, kernels.firstNonFinite(a));
      for (int at : new int[] {n - 1, n / 2, 0}) {
        if (n > 0) {
          a.set(at, at % 2 == 0 ? Float.NaN : Float.NEGATIVE_INFINITY);
          assertEquals(at, kernels.firstNonFinite(a));
        }
      }
      if (n > 0) {
        a.set(0, Float.NaN);
        assertEquals(Double.NaN, kernels.sum(a));
        a.fill(1);
        a.set(n - 1, Float.POSITIVE_INFINITY);
        assertEquals(Double.POSITIVE_INFINITY, kernels.sum(a));
      }
    }
    // The order of additions is exact enough to see a single unit in a large sum.
    Slice cancelling = zeros(30_000);
    for (int i = 0; i < 30_000; i++) {
      cancelling.set(i, i % 3 == 0 ? 1e7f : i % 3 == 1 ? 1f : -1e7f);
    }
    assertEquals(10_000, kernels.sum(cancelling), 1e-6);
  }

  @ParameterizedTest
  @CsvSource({"0,3", "1,1", "3,2", "5,63", "4,64", "7,65", "128,10", "300,17", "1030,5", "2,4103"})
  void rows(int rows, int columns) {
    ReductionKernels oracle = scalar.reduction();
    ReductionKernels kernels = staged.of(ReductionKernels.class, device.reduction());
    SequenceKernels order = scalar.sequence();
    SequenceKernels sequence = staged.of(SequenceKernels.class, device.sequence());
    MatrixView x = matrix(rows, columns, 1, -9, 9);
    if (rows > 4) {
      x.array()[x.offset()] = Float.POSITIVE_INFINITY;
      x.array()[x.offset() + x.stride() + columns - 1] = Float.NaN;
      for (int j = 0; j < columns; j++) {
        x.array()[x.offset() + 2 * x.stride() + j] = Float.NEGATIVE_INFINITY;
      }
    }
    Slice perRow = uniform(rows, 2, -1, 1);
    MatrixView small = matrix(rows, columns, 3, -1, 1);
    double many = 0x1p-24 * (rows + columns);
    compare(oracle, kernels, perRow, many * 8, ULP, "rowSums", (k, y) -> k.rowSums(small, y));
    Slice perColumn = uniform(columns, 4, -1, 1);
    for (boolean add : new boolean[] {false, true}) {
      compare(
          oracle, kernels, perColumn, many * 8, ULP, "cols", (k, y) -> k.columnSums(small, y, add));
    }
    compare(oracle, kernels, perRow, 4 * ULP, 4 * ULP, "lse", (k, y) -> k.logSumExp(x, y));
    compareMatrix(oracle, kernels, x, 4 * ULP, 16 * ULP, "in place", (k, y) -> k.softmax(y, y));
    Slice labels = zeros(rows);
    for (int i = 0; i < rows; i++) {
      labels.set(i, (7 * i + 3) % columns);
    }
    MatrixView logits = matrix(rows, columns, 8, -9, 9);
    compare(
        oracle,
        kernels,
        perRow,
        8 * ULP,
        4 * ULP,
        "cross-entropy",
        (k, y) -> k.softmaxCrossEntropy(logits, labels, y));
    MatrixView p = matrix(rows, columns, 5, 0, 1);
    Slice scale = uniform(columns, 6, -1, 1);
    Slice shift = uniform(columns, 7, -1, 1);
    double loose = columns == 1 ? 1e-3 : 4e-5;
    for (boolean add : new boolean[] {false, true}) {
      compareMatrix(
          oracle,
          kernels,
          small,
          8 * ULP,
          8 * ULP,
          "cross-entropy's pullback",
          (k, y) -> k.softmaxCrossEntropyPullback(logits, labels, perRow, y, add));
      compareMatrix(
          order,
          sequence,
          p,
          1e-6 * columns,
          1e-5,
          "softmax's pullback",
          (k, y) -> k.softmaxPullback(small, logits, y, add));
      compareMatrix(
          order,
          sequence,
          p,
          loose,
          1e-5,
          "normalisation's pullback",
          (k, y) ->
              k.normalizePullback(
                  logits, scale, 1e-5f, small, y, matrix(rows, columns, 9, 0, 1), add));
      compareMatrix(
          order,
          sequence,
          p,
          loose,
          1e-5,
          "normalisation's products",
          (k, y) ->
              k.normalizePullback(
                  logits, scale, 1e-5f, small, matrix(rows, columns, 9, 0, 1), y, add));
    }
    compareMatrix(
        order,
        sequence,
        p,
        loose,
        1e-5,
        "normalised",
        (k, y) -> k.normalize(logits, scale, shift, 1e-5f, y));
  }

  @Test
  void permutations() {
    SequenceKernels kernels = staged.of(SequenceKernels.class, device.sequence());
    Permutation order = new Permutation(new int[] {2, 3, 5, 4}, 3, 1, 0, 2);
    Slice x = uniform(120, 6, -1, 1);
    for (Permutation each : List.of(order, order.inverse(), new Permutation(new int[] {120}, 0))) {
      for (boolean add : new boolean[] {false, true}) {
        compare(
            scalar.sequence(),
            kernels,
            uniform(120, 7, -1, 1),
            0,
            0,
            "permuted",
            (k, y) -> k.permute(each, x, y, add));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "9,1,4", "17,65,33", "300,784,128", "5,3,0"})
  void gatheredRows(int entries, int columns, int rows) {
    SequenceKernels kernels = staged.of(SequenceKernels.class, device.sequence());
    MatrixView table = matrix(entries, columns, 1, -1, 1);
    Slice numbers = zeros(rows + 2);
    for (int i = 0; i < rows; i++) {
      numbers.set(i + 2, (7 * i + 3) % entries);
    }
    float[] none = {-1, entries, 0.5f, Float.NaN, Float.POSITIVE_INFINITY};
    for (int i = 0; i < none.length && i + 1 < rows; i++) {
      numbers.set(i + 3, none[i]);
    }
    compareMatrix(
        scalar.sequence(),
        kernels,
        matrix(rows, columns, 2, -1, 1),
        0,
        0,
        "gathered rows",
        (k, y) -> k.gatherRows(table, numbers, 2, y));
  }

  @Test
  void sparseProducts() {
    SparseKernels kernels = staged.of(SparseKernels.class, device.sparse());
    for (int[] s : new int[][] {{1, 1, 1}, {3, 17, 9}, {33, 100, 64}}) {
      MatrixView x = matrix(s[0], s[1], 1, -1, 1);
      MatrixView w = matrix(s[2], s[1], 2, -1, 1);
      for (int i = 0; i < w.array().length; i++) {
        w.array()[i] = i % 3 == 0 ? w.array()[i] : 0;
      }
      SparsePattern pattern = SparsePattern.ofNonZeros(w);
      Slice values = pattern.gather(w);
      Slice bias = uniform(s[2], 3, -1, 1);
      for (UnaryFunction f : List.of(UnaryFunction.IDENTITY, UnaryFunction.SWISH)) {
        compareMatrix(
            scalar.sparse(),
            kernels,
            matrix(s[0], s[2], 4, -1, 1),
            0x1p-24 * 40 * 20,
            ULP,
            "sparse",
            (k, y) -> k.linear(x, pattern, values, bias, f, y));
      }
    }
  }

  @Test
  void noise() {
    NoiseKernels oracle = scalar.noise();
    NoiseKernels kernels = staged.of(NoiseKernels.class, device.noise());
    long[][] coordinates = {{0, 0, 0}, {-1, -7, -1}, {0x1234_5678_9ABC_DEFL, 42, 1L << 33 | 5}};
    for (long[] c : coordinates) {
      for (int n : SIZES) {
        String what = "seed " + c[0] + ", n = " + n;
        // The integers exactly: a uniform number is its word's upper 23 bits.
        compare(
            oracle, kernels, zeros(n), 0, 0, what, (k, y) -> k.uniform(c[0], (int) c[1], c[2], y));
        compare(
            oracle,
            kernels,
            zeros(n),
            0x1p-20,
            0,
            what,
            (k, y) -> k.normal(c[0], (int) c[1], c[2], y));
        localDraws(oracle, kernels, c, n, what);
      }
    }
  }

  private static void localDraws(
      NoiseKernels oracle, NoiseKernels kernels, long[] c, int n, String what) {
    Slice mean = uniform(n, 1, -3, 3);
    Slice variance = uniform(n, 2, 0.01, 4);
    Slice[] expected = {zeros(n), zeros(n), uniform(n, 4, -1, 1), uniform(n, 4, -1, 1)};
    Slice[] actual = {zeros(n), zeros(n), uniform(n, 4, -1, 1), uniform(n, 4, -1, 1)};
    Slice dy = uniform(n, 3, -2, 2);
    localDraws(oracle, c, mean, variance, dy, expected);
    localDraws(kernels, c, mean, variance, dy, actual);
    for (int i = 0; i < 4; i++) {
      assertClose(expected[i], actual[i], i < 2 ? 4e-6 : 2e-5, 4e-6, what + ", local draw " + i);
    }
  }

  private static void localDraws(
      NoiseKernels kernels, long[] c, Slice mean, Slice variance, Slice dy, Slice[] results) {
    kernels.localDraw(mean, variance, c[0], (int) c[1], c[2], results[0], results[1]);
    for (int i = 2; i < 4; i++) {
      boolean accumulate = i == 3;
      kernels.localDrawPullback(dy, results[0], c[0], (int) c[1], c[2], results[i], accumulate);
    }
  }

  private static NormalFactors factors(int n, boolean ivon) {
    return new NormalFactors(
        uniform(n, 1, -1, 1),
        uniform(n, 2, -8, 2),
        uniform(n, 3, -0.1, 0.1),
        uniform(n, 4, 0.001, 0.1),
        ivon ? uniform(n, 5, -0.01, 5) : uniform(n, 5, -0.1, 0.1),
        uniform(n, 6, 0.001, 0.1));
  }

  private static void assertFactors(NormalFactors expected, NormalFactors actual, String what) {
    assertClose(expected.mean(), actual.mean(), 4e-7, 2e-6, what + " mean");
    assertClose(expected.rho(), actual.rho(), 4e-6, 4e-6, what + " rho");
    assertClose(expected.meanMoment1(), actual.meanMoment1(), 4e-7, 4e-6, what + " moment");
    assertClose(expected.meanMoment2(), actual.meanMoment2(), 4e-7, 4e-6, what + " moment");
    assertClose(expected.rhoMoment1(), actual.rhoMoment1(), 4e-7, 1e-5, what + " moment");
    assertClose(expected.rhoMoment2(), actual.rhoMoment2(), 4e-7, 4e-6, what + " moment");
  }

  private static VariationalStep step(VariationalStep.Divergence divergence) {
    VariationalStep step = new VariationalStep();
    step.divergence = divergence;
    step.likelihoodWeight = 1 / 16f;
    step.klWeight = 1 / 100f;
    step.priorVariance = 0.8f;
    step.seed = 77;
    step.stream = 4;
    step.step = 1L << 33 | 5;
    return step;
  }

  private static UpdateRule rule(UpdateRule.Kind kind) {
    boolean belief = kind == UpdateRule.Kind.ADABELIEF;
    float epsilon = belief ? 1e-16f : 1e-8f;
    UpdateRule rule = new UpdateRule(kind, 0.9f, 0.999f, epsilon, belief ? 1e-16f : 0);
    rule.advance(3, 0.01f);
    return rule;
  }

  @Test
  void variationalPasses() {
    VariationalKernels oracle = scalar.variational();
    VariationalKernels kernels = staged.of(VariationalKernels.class, device.variational());
    Slice scale = Slice.of(0.7f);
    for (int n : new int[] {0, 1, 17, 64, 65, 1000, 4103}) {
      Slice gradient = uniform(n, 20, -3, 3);
      Slice mask = uniform(n, 21, 0, 1);
      for (int i = 0; i < n; i += 3) {
        mask.set(i, 0);
      }
      for (boolean bare : new boolean[] {true, false}) {
        Slice s = bare ? null : scale;
        Slice m = bare ? null : mask;
        String what = "n = " + n + (bare ? "" : ", with scale and mask");
        NormalFactors q = factors(n, false);
        compare(
            oracle, kernels, zeros(n), 4e-6, 4e-6, what, (k, w) -> k.sample(q, s, m, 5, 6, 7, w));
        compare(oracle, kernels, zeros(n), 0, 2 * ULP, what, (k, w) -> k.mean(q, s, m, w));
        for (boolean variance : new boolean[] {false, true}) {
          Slice means = zeros(n);
          compare(
              oracle,
              kernels,
              zeros(n),
              0,
              4e-6,
              what,
              (k, v) -> k.moments(q, s, m, variance, means, v));
          compare(
              oracle,
              kernels,
              zeros(n),
              0,
              2 * ULP,
              what,
              (k, w) -> k.moments(q, s, m, variance, w, zeros(n)));
        }
        double divergence = oracle.klDivergence(q.mean(), q.rho(), m, 0.5f);
        assertEquals(
            divergence,
            kernels.klDivergence(q.mean(), q.rho(), m, 0.5f),
            1e-6 * (1 + divergence),
            what);
        for (UpdateRule.Kind kind : UpdateRule.Kind.values()) {
          for (VariationalStep.Divergence form : VariationalStep.Divergence.values()) {
            NormalFactors expected = factors(n, kind == UpdateRule.Kind.IVON);
            NormalFactors actual = factors(n, kind == UpdateRule.Kind.IVON);
            oracle.update(expected, gradient, s, m, step(form), rule(kind));
            kernels.update(actual, gradient, s, m, step(form), rule(kind));
            assertFactors(expected, actual, what + " " + kind + " " + form);
          }
          if (kind != UpdateRule.Kind.IVON) {
            points(oracle, kernels, n, kind);
            for (boolean variance : new boolean[] {false, true}) {
              NormalFactors expected = factors(n, false);
              NormalFactors actual = factors(n, false);
              VariationalStep step = step(VariationalStep.Divergence.ANALYTIC);
              Slice second = uniform(n, 22, -1, 1);
              oracle.updateByMoments(expected, gradient, second, s, m, variance, step, rule(kind));
              kernels.updateByMoments(actual, gradient, second, s, m, variance, step, rule(kind));
              assertFactors(expected, actual, what + " by moments, " + kind);
            }
          }
        }
      }
    }
  }

  private static void points(
      VariationalKernels oracle, VariationalKernels kernels, int n, UpdateRule.Kind kind) {
    Slice[] expected = {uniform(n, 1, -1, 1), uniform(n, 2, -1, 1), uniform(n, 3, 0.01, 1)};
    Slice[] actual = {copy(expected[0]), copy(expected[1]), copy(expected[2])};
    Slice g = uniform(n, 4, -1, 1);
    oracle.updatePoint(expected[0], g, expected[1], expected[2], 0.3f, rule(kind));
    kernels.updatePoint(actual[0], g, actual[1], actual[2], 0.3f, rule(kind));
    for (int i = 0; i < 3; i++) {
      assertClose(expected[i], actual[i], 2e-7, 2e-6, "points by " + kind);
    }
  }

  @Test
  void logNormalGradients() {
    VariationalKernels kernels = staged.of(VariationalKernels.class, device.variational());
    for (int n : new int[] {0, 1, 7, 300}) {
      NormalFactors q = factors(n, false);
      Slice gradient = uniform(n, 20, -3, 3);
      Slice drawn = zeros(n);
      scalar.variational().sample(q, null, null, 5, 6, 7, drawn);
      for (VariationalStep.Divergence form : VariationalStep.Divergence.values()) {
        Slice[] results = new Slice[4];
        for (int i = 0; i < 4; i += 2) {
          results[i] = zeros(n);
          results[i + 1] = zeros(n);
          (i == 0 ? scalar.variational() : kernels)
              .logNormalGradients(
                  q.mean(),
                  q.rho(),
                  drawn,
                  gradient,
                  2.5,
                  0.3,
                  step(form),
                  results[i],
                  results[i + 1]);
        }
        assertClose(results[0], results[2], 1e-6, 4e-6, "by the mean, " + form);
        assertClose(results[1], results[3], 4e-6, 4e-6, "by rho, " + form);
      }
    }
  }

  @Test
  void logNormalPoints() {
    VariationalKernels kernels = staged.of(VariationalKernels.class, device.variational());
    for (int n : new int[] {0, 1, 7, 300}) {
      Slice mean = uniform(n, 1, -3, 3);
      Slice gradient = uniform(n, 20, -3, 3);
      compare(
          scalar.variational(),
          kernels,
          zeros(n),
          1e-6,
          4e-6,
          "gradient of points, n = " + n,
          (k, y) ->
              k.logNormalPointGradient(
                  mean, gradient, 2.5, 0.3, step(VariationalStep.Divergence.ANALYTIC), y));
    }
  }

  /** The noise is (u − μ)/σ, of which a narrow factor leaves few digits: its σ is above e⁻⁴. */
  @Test
  void logNormalFactorsByIvon() {
    VariationalKernels kernels = staged.of(VariationalKernels.class, device.variational());
    UpdateRule rule = rule(UpdateRule.Kind.IVON);
    for (int n : new int[] {0, 1, 7, 300}) {
      Slice gradient = uniform(n, 20, -3, 3);
      for (VariationalStep.Divergence form : VariationalStep.Divergence.values()) {
        NormalFactors[] results = new NormalFactors[2];
        for (int i = 0; i < 2; i++) {
          NormalFactors q =
              new NormalFactors(
                  uniform(n, 1, -1, 1),
                  uniform(n, 2, -4, 2),
                  uniform(n, 3, -0.1, 0.1),
                  uniform(n, 4, 0.001, 0.1),
                  uniform(n, 5, 0.01, 5),
                  uniform(n, 6, 0.001, 0.1));
          Slice drawn = zeros(n);
          scalar.variational().sample(q, null, null, 5, 6, 7, drawn);
          (i == 0 ? scalar.variational() : kernels)
              .updateLogNormal(q, drawn, gradient, 2.5, 0.3, step(form), rule);
          results[i] = q;
        }
        assertFactors(results[0], results[1], "log-normal by IVON, " + form);
      }
    }
  }

  private static double evidenceBound(double mean, double sd, double v) {
    return 0x1p-20 * (1 + Math.abs(0.5 * Math.log(v / (sd * sd))) + 0.5 * mean * mean / (sd * sd));
  }

  @Test
  void evidence() {
    EvidenceKernels oracle = scalar.evidence();
    EvidenceKernels kernels = staged.of(EvidenceKernels.class, device.evidence());
    float[] reduced = {0, 1e-16f, 1e-3f, 0.01f, 0.1f, 0.35f, 0.7f, 0, 0.7f, 0.69f};
    float v = 0.7f;
    for (int n : SIZES) {
      Slice mean = uniform(n, n, -0.5, 0.5);
      Slice sd = uniform(n, n + 1, -6, 0);
      double total = 1e-9;
      for (int i = 0; i < n; i++) {
        sd.set(i, (float) Math.exp(sd.get(i) * (i % 3000 == 2999 ? 3 : 1)));
        total += evidenceBound(mean.get(i), sd.get(i), v);
      }
      for (float r : reduced) {
        Slice expected = zeros(n);
        Slice actual = zeros(n);
        oracle.deltaF(mean, sd, v, r, expected);
        kernels.deltaF(mean, sd, v, r, actual);
        for (int i = 0; i < n; i++) {
          double bound = evidenceBound(mean.get(i), sd.get(i), v);
          assertEquals(expected.get(i), actual.get(i), bound, "v̂ " + r + ", element " + i);
        }
      }
      double[] expectedSums = new double[reduced.length];
      double[] sums = new double[reduced.length];
      Slice best = zeros(n);
      Slice which = zeros(n);
      Slice oracleBest = zeros(n);
      Slice oracleWhich = zeros(n);
      oracle.deltaFBest(mean, sd, v, reduced, expectedSums, oracleBest, oracleWhich);
      kernels.deltaFSums(mean, sd, v, reduced, sums);
      for (int j = 0; j < sums.length; j++) {
        assertEquals(expectedSums[j], sums[j], total, "sum " + j + ", n = " + n);
      }
      kernels.deltaFBest(mean, sd, v, reduced, sums, best, which);
      for (int j = 0; j < sums.length; j++) {
        assertEquals(expectedSums[j], sums[j], total, "sum " + j + ", n = " + n);
      }
      for (int i = 0; i < n; i++) {
        double bound = evidenceBound(mean.get(i), sd.get(i), v);
        assertEquals(oracleBest.get(i), best.get(i), bound, "best, element " + i);
        // Equal candidates may be told apart by rounding, but not worse ones taken for better.
        Slice one = zeros(1);
        oracle.deltaF(mean.slice(i, 1), sd.slice(i, 1), v, reduced[(int) which.get(i)], one);
        assertEquals(oracleBest.get(i), one.get(0), 2 * bound, "candidate, element " + i);
      }
    }
  }

  @Test
  void evidenceThatDivergesIsNotANumber() {
    EvidenceKernels kernels = staged.of(EvidenceKernels.class, device.evidence());
    Slice mean = Slice.of(0.1f, 0.1f, Float.NaN);
    Slice sd = Slice.of(2f, 0.5f, 0.5f);
    float[] reduced = {0.5f, 2f, 0f};
    double[] sums = new double[3];
    Slice best = zeros(3);
    Slice which = zeros(3);
    Slice expectedBest = zeros(3);
    Slice expectedWhich = zeros(3);
    scalar.evidence().deltaFBest(mean, sd, 1, reduced, new double[3], expectedBest, expectedWhich);
    kernels.deltaFBest(mean, sd, 1, reduced, sums, best, which);
    assertClose(expectedBest, best, 1e-6, 1e-6, "best");
    assertClose(expectedWhich, which, 0, 0, "candidates");
    kernels.deltaFBest(mean, sd, 1, new float[0], new double[0], best, which);
    assertEquals(Float.NEGATIVE_INFINITY, best.get(1));
  }

  @ParameterizedTest
  @CsvSource({"0,3", "1,1", "5,63", "64,65", "130,257"})
  void evidenceOfGroups(int rows, int columns) {
    EvidenceKernels kernels = staged.of(EvidenceKernels.class, device.evidence());
    MatrixView mean = matrix(rows, columns, 1, -0.5, 0.5);
    MatrixView sd = matrix(rows, columns, 2, 0.05, 0.9);
    Slice byRow = zeros(rows);
    Slice byColumn = zeros(columns);
    scalar.evidence().spikeGroupSums(mean, sd, 0.7f, byRow, byColumn);
    Slice otherByRow = zeros(rows);
    Slice otherByColumn = zeros(columns);
    kernels.spikeGroupSums(mean, sd, 0.7f, otherByRow, otherByColumn);
    assertClose(byRow, otherByRow, 2e-6 * columns, 2e-6, "rows");
    assertClose(byColumn, otherByColumn, 2e-6 * rows, 2e-6, "columns");
  }

  private static List<Window> windows() {
    return List.of(
        Window.square(1),
        Window.square(2),
        Window.tiles(2),
        Window.square(3, 1, 1),
        Window.square(3, 2, 1),
        Window.square(4, 3, 2),
        new Window(3, 1, 2, 1, 1, 0),
        new Window(1, 5, 1, 3, 0, 4),
        new Window(2, 4, 4, 1, 0, 3));
  }

  @Test
  void convolutions() {
    ConvolutionKernels oracle = scalar.convolution();
    ConvolutionKernels kernels = staged.of(ConvolutionKernels.class, device.convolution());
    for (Window window : windows()) {
      for (int[] image : new int[][] {{5, 5}, {6, 9}, {7, 21}}) {
        for (int[] c : new int[][] {{1, 1, 1}, {3, 13, 1}, {4, 6, 2}, {3, 3, 3}}) {
          convolution(
              oracle,
              kernels,
              new ConvolutionShape(2, c[0], image[0], image[1], c[1], c[2], window));
        }
      }
    }
    convolution(oracle, kernels, new ConvolutionShape(7, 6, 14, 14, 16, 1, Window.square(5)));
  }

  private static void convolution(
      ConvolutionKernels oracle, ConvolutionKernels kernels, ConvolutionShape shape) {
    Slice x = uniform(shape.inputSize(), 1, -1, 1);
    Slice w = uniform(shape.weightSize(), 2, -1, 1);
    Slice dy = uniform(shape.outputSize(), 3, -1, 1);
    Slice bias = uniform(shape.filters(), 4, -1, 1);
    Slice y = uniform(shape.outputSize(), 5, -1, 1);
    Slice dx = uniform(shape.inputSize(), 6, -1, 1);
    Slice dw = uniform(shape.weightSize(), 7, -1, 1);
    int k = shape.filterSize();
    int terms = shape.batch() * shape.outputPixels();
    String what = shape.toString();
    for (Epilogue e :
        List.of(
            Epilogue.STORE,
            Epilogue.ACCUMULATE,
            Epilogue.of(bias, UnaryFunction.TANH),
            new Epilogue(true, bias, UnaryFunction.RELU))) {
      double bound = 0x1p-24 * (k + 4) * (k + 2);
      compare(
          oracle, kernels, y, bound, 4 * ULP, what, (c, out) -> c.convolve(shape, x, w, out, e));
    }
    for (boolean add : new boolean[] {false, true}) {
      int each = shape.filters() * shape.window().size();
      compare(
          oracle,
          kernels,
          dx,
          0x1p-24 * each * each,
          4 * ULP,
          what,
          (c, out) -> c.convolvePullbackInput(shape, w, dy, out, add));
      double bound = 0x1p-24 * (terms / 8.0 + 16) * terms;
      compare(
          oracle,
          kernels,
          dw,
          bound,
          4 * ULP,
          what,
          (c, out) -> c.convolvePullbackWeights(shape, x, dy, out, add, null, false));
      compare(
          oracle,
          kernels,
          bias,
          bound,
          4 * ULP,
          what,
          (c, out) -> c.convolvePullbackWeights(shape, x, dy, copy(dw), false, out, add));
    }
  }

  @Test
  void poolings() {
    ConvolutionKernels oracle = scalar.convolution();
    ConvolutionKernels kernels = staged.of(ConvolutionKernels.class, device.convolution());
    for (Window window : windows()) {
      for (int[] image : new int[][] {{5, 5}, {6, 9}, {28, 28}}) {
        PoolingShape shape = new PoolingShape(6, image[0], image[1], window);
        Slice x = uniform(shape.inputSize(), 1, -3, 3);
        for (int i = 0; i < x.length(); i++) {
          x.set(i, Math.round(x.get(i))); // So that there are equal ones.
        }
        x.set(7, Float.NaN);
        Slice dy = uniform(shape.outputSize(), 2, -1, 1);
        Slice y = zeros(shape.outputSize());
        oracle.maxPool(shape, x, y);
        String what = shape.toString();
        compare(oracle, kernels, zeros(y.length()), 0, 0, what, (c, o) -> c.maxPool(shape, x, o));
        compare(
            oracle,
            kernels,
            zeros(y.length()),
            4 * ULP,
            4 * ULP,
            what,
            (c, o) -> c.averagePool(shape, x, o));
        Slice dx = uniform(shape.inputSize(), 3, -1, 1);
        for (boolean add : new boolean[] {false, true}) {
          compare(
              oracle,
              kernels,
              dx,
              16 * ULP,
              4 * ULP,
              what,
              (c, o) -> c.maxPoolPullback(shape, x, y, dy, o, add));
          compare(
              oracle,
              kernels,
              dx,
              16 * ULP,
              4 * ULP,
              what,
              (c, o) -> c.averagePoolPullback(shape, dy, o, add));
        }
      }
    }
  }

  /** After all others: whatever kernel there is, something above has compared it. */
  @Test
  @Order(Integer.MAX_VALUE)
  void everyKernelWasCompared() throws Exception {
    Path classes =
        Path.of(OpenClBackend.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    Path folder = classes.resolve(OpenClBackend.class.getPackageName().replace('.', '/'));
    Set<String> kernels;
    try (Stream<Path> texts = Files.list(folder.resolve("kernel"))) {
      kernels =
          texts
              .map(text -> text.getFileName().toString())
              .filter(name -> name.endsWith(".cl"))
              .map(name -> name.substring(0, name.length() - ".cl".length()))
              .collect(Collectors.toCollection(TreeSet::new));
    }
    assertEquals(kernels, device.work().built(), "run with the rest of this class");
  }
}
