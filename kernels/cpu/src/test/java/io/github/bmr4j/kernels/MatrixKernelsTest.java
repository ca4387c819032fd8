package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The SIMD products against the scalar ones, and against the order of additions that they promise,
 * bit by bit. Every method of {@link MatrixKernels} for a single pair has a constant in {@link
 * Product}.
 */
@Tag("width")
class MatrixKernelsTest {

  private static final int[] SIZES = {0, 1, 2, 3, 4, 5, 7, 11, 12, 13, 16, 17, 25, 31, 33, 64, 65};

  /** Larger ones, as rows, columns, inner: several blocks of k, several parts, panels cut off. */
  private static final int[][] LARGE = {
    {1, 200, 1200}, {3, 517, 785}, {13, 2100, 40}, {61, 67, 1029}, {123, 259, 515}, {1040, 70, 33}
  };

  /**
   * Those activations with a slope of at most 1.2, so that the product's error bound carries over.
   */
  private static final List<UnaryFunction> ACTIVATIONS =
      List.of(
          UnaryFunction.IDENTITY,
          UnaryFunction.RELU,
          UnaryFunction.TANH,
          UnaryFunction.SIGMOID,
          UnaryFunction.SWISH,
          UnaryFunction.GELU_TANH,
          UnaryFunction.GELU,
          UnaryFunction.SOFTPLUS,
          UnaryFunction.ERF);

  /** The methods under test. */
  enum Product {
    MULTIPLY("multiply", false, false) {
      @Override
      void run(MatrixKernels kernels, Case data, Epilogue epilogue) {
        kernels.multiply(data.a, data.b, data.c, epilogue);
      }
    },
    TRANSPOSED_LEFT("multiplyTransposedLeft", true, false) {
      @Override
      void run(MatrixKernels kernels, Case data, Epilogue epilogue) {
        kernels.multiplyTransposedLeft(data.a, data.b, data.c, epilogue);
      }
    },
    TRANSPOSED_RIGHT("multiplyTransposedRight", false, true) {
      @Override
      void run(MatrixKernels kernels, Case data, Epilogue epilogue) {
        kernels.multiplyTransposedRight(data.a, data.b, data.c, epilogue);
      }
    };

    final String method;
    final boolean left;
    final boolean right;

    Product(String method, boolean left, boolean right) {
      this.method = method;
      this.left = left;
      this.right = right;
    }

    abstract void run(MatrixKernels kernels, Case data, Epilogue epilogue);
  }

  /** Random matrices of one shape, with gaps between rows that hold numbers, too. */
  static final class Case {
    final Product product;
    final int inner;
    final MatrixView a;
    final MatrixView b;
    final MatrixView c;
    final Slice bias;
    final float[] before;

    Case(Product product, int rows, int columns, int inner, int gap) {
      SplittableRandom random = new SplittableRandom(rows * 1_000_003L + columns * 1_009L + inner);
      this.product = product;
      this.inner = inner;
      a = product.left ? matrix(random, inner, rows, gap) : matrix(random, rows, inner, gap);
      b = product.right ? matrix(random, columns, inner, gap) : matrix(random, inner, columns, gap);
      c = matrix(random, rows, columns, gap);
      bias = new Slice(matrix(random, 1, columns + 2, 0).array(), 2, columns);
      before = c.array().clone();
    }

    private static MatrixView matrix(SplittableRandom random, int rows, int columns, int gap) {
      float[] values = new float[gap + rows * (columns + gap)];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextDouble(-1, 1);
      }
      return new MatrixView(values, gap, rows, columns, columns + gap);
    }

    void restore() {
      System.arraycopy(before, 0, c.array(), 0, before.length);
    }

    float left(int i, int k) {
      return product.left ? a.get(k, i) : a.get(i, k);
    }

    float right(int k, int j) {
      return product.right ? b.get(j, k) : b.get(k, j);
    }

    int at(int i, int j) {
      return c.offset() + i * c.stride() + j;
    }

    /** The bound of the interface, and a rounding for each addition of the epilogue. */
    double tolerance(int i, int j, Epilogue epilogue) {
      double sum = 0;
      for (int k = 0; k < inner; k++) {
        sum += Math.abs((double) left(i, k) * right(k, j));
      }
      double old = epilogue.accumulate() ? Math.abs(before[at(i, j)]) : 0;
      double added = epilogue.bias() == null ? 0 : Math.abs(bias.get(j));
      return 0x1p-24 * (inner * sum + 4 * (sum + old + added));
    }

    /** What the SIMD kernels promise to the bit. */
    float exactly(int i, int j, Epilogue epilogue) {
      if (c.rows() <= ThinProduct.MOST_ROWS && product.right) {
        return finish(sixteenSums(i, j), i, j, epilogue);
      }
      int step = PackedProduct.blockOf(inner);
      float value = chain(i, j, 0, Math.min(step, inner));
      for (int k = step; k < inner; k += step) {
        float next = chain(i, j, k, Math.min(inner, k + step));
        value = next + (k == step && epilogue.accumulate() ? value + before[at(i, j)] : value);
      }
      return inner > step ? value + added(j, epilogue) : finish(value, i, j, epilogue);
    }

    private float finish(float value, int i, int j, Epilogue epilogue) {
      float total = epilogue.accumulate() ? value + before[at(i, j)] : value;
      return epilogue.bias() == null ? total : total + added(j, epilogue);
    }

    private float added(int j, Epilogue epilogue) {
      return epilogue.bias() == null ? -0f : bias.get(j);
    }

    private float chain(int i, int j, int from, int to) {
      float value = 0;
      for (int k = from; k < to; k++) {
        value = Math.fma(left(i, k), right(k, j), value);
      }
      return value;
    }

    private float sixteenSums(int i, int j) {
      float[] sums = new float[16];
      for (int k = 0; k < inner; k++) {
        sums[k % 16] = Math.fma(left(i, k), right(k, j), sums[k % 16]);
      }
      for (int half = 8; half > 0; half /= 2) {
        for (int l = 0; l < half; l++) {
          sums[l] += sums[l + half];
        }
      }
      return sums[0];
    }
  }

  private final MatrixKernels scalar = new ScalarMatrixKernels();
  private final List<WorkerPool> pools = new ArrayList<>();

  private MatrixKernels simd(int threads) {
    WorkerPool pool = new WorkerPool(threads);
    pools.add(pool);
    return new SimdMatrixKernels(pool);
  }

  @AfterEach
  void closePools() {
    pools.forEach(WorkerPool::close);
  }

  private List<Epilogue> epilogues(Case data) {
    return List.of(
        Epilogue.STORE,
        Epilogue.ACCUMULATE,
        Epilogue.of(data.bias, UnaryFunction.IDENTITY),
        new Epilogue(true, data.bias, UnaryFunction.RELU));
  }

  /** SIMD against the bits it promises, against scalar within the bound, and gaps untouched. */
  private void compare(MatrixKernels simd, Case data, Epilogue epilogue) {
    data.restore();
    data.product.run(scalar, data, epilogue);
    float[] expected = data.c.array().clone();
    data.restore();
    data.product.run(simd, data, epilogue);
    float[] actual = data.c.array();
    boolean[] inside = new boolean[actual.length];
    for (int i = 0; i < data.c.rows(); i++) {
      for (int j = 0; j < data.c.columns(); j++) {
        int at = data.at(i, j);
        inside[at] = true;
        double tolerance =
            1.2 * data.tolerance(i, j, epilogue)
                + 0x1p-20 * Math.max(Math.abs(expected[at]), 0x1p-20);
        if (epilogue.activation() == UnaryFunction.IDENTITY
            || epilogue.activation() == UnaryFunction.RELU) {
          float exactly = data.exactly(i, j, epilogue);
          exactly = epilogue.activation() == UnaryFunction.RELU ? Math.max(0f, exactly) : exactly;
          assertEquals(exactly, actual[at], () -> describe(data, epilogue, at));
          tolerance = data.tolerance(i, j, epilogue);
        }
        assertEquals(expected[at], actual[at], tolerance, () -> describe(data, epilogue, at));
      }
    }
    for (int at = 0; at < actual.length; at++) {
      if (!inside[at]) {
        assertEquals(data.before[at], actual[at], "a gap was written at " + at);
      }
    }
  }

  private static String describe(Case data, Epilogue epilogue, int at) {
    return data.product.method
        + " "
        + data.c
        + ", inner "
        + data.inner
        + ", "
        + epilogue
        + ", index "
        + at
        + ", "
        + SimdSpecies.BITS
        + " bits";
  }

  @Test
  void everyMethodOfTheInterfaceHasACase() {
    Set<String> methods = new TreeSet<>();
    for (Method method : MatrixKernels.class.getMethods()) {
      methods.add(method.getName());
    }
    Set<String> cases = new TreeSet<>();
    for (Product product : Product.values()) {
      cases.add(product.method);
    }
    cases.add("multiplyPairs");
    assertEquals(methods, cases);
  }

  /** Each pair gives what it gives by itself: of the scalar kernels the bits. */
  @ParameterizedTest
  @EnumSource(Transposed.class)
  void pairsAreAsEachByItself(Transposed transposed) {
    int[][] shapes = {{1, 1, 1}, {2, 3, 5}, {5, 17, 0}, {7, 33, 31}, {13, 1, 70}, {65, 65, 32}};
    for (int[] shape : shapes) {
      for (int pairs : new int[] {1, 2, 3, 40}) {
        for (int threads : new int[] {1, 2, 3}) {
          comparePairs(simd(threads), transposed, pairs, shape[0], shape[1], shape[2]);
        }
      }
    }
    comparePairs(simd(2), transposed, 3, 30, 40, 1200);
    comparePairs(simd(2), transposed, 4, 0, 5, 3);
  }

  private void comparePairs(
      MatrixKernels simd, Transposed transposed, int pairs, int m, int n, int k) {
    SplittableRandom random = new SplittableRandom(pairs * 31L + m * 1_009L + n * 7L + k);
    MatrixView a = stacked(random, pairs, m, k, transposed.left());
    MatrixView b = stacked(random, pairs, k, n, transposed.right());
    MatrixView c = Case.matrix(random, pairs * m, n, 2);
    Slice bias = new Slice(Case.matrix(random, 1, n, 0).array(), 0, n);
    for (Epilogue epilogue :
        List.of(Epilogue.STORE, new Epilogue(true, bias, UnaryFunction.GELU_TANH))) {
      float[] before = c.array().clone();
      for (int pair = 0; pair < pairs; pair++) {
        MatrixView left = part(a, pair, pairs);
        MatrixView right = part(b, pair, pairs);
        scalar.multiplyPairs(1, transposed, left, right, part(c, pair, pairs), epilogue);
      }
      float[] expected = c.array().clone();
      System.arraycopy(before, 0, c.array(), 0, before.length);
      scalar.multiplyPairs(pairs, transposed, a, b, c, epilogue);
      assertArrayEquals(expected, c.array());
      System.arraycopy(before, 0, c.array(), 0, before.length);
      simd.multiplyPairs(pairs, transposed, a, b, c, epilogue);
      // |a b| ≤ 1, and the slope of GELU at most 1.2.
      assertArrayEquals(expected, c.array(), 1.2f * 0x1p-24f * (k * k + 4 * k + 16));
    }
  }

  /** Of the packed products, whatever the number of threads, the bits as well. */
  @ParameterizedTest
  @EnumSource(Transposed.class)
  void pairsHaveTheBitsOfSingleProducts(Transposed transposed) {
    int m = ThinProduct.MOST_ROWS + 15;
    SplittableRandom random = new SplittableRandom(5);
    MatrixView a = stacked(random, 30, m, 90, transposed.left());
    MatrixView b = stacked(random, 30, 90, 50, transposed.right());
    MatrixView c = MatrixView.of(30 * m, 50, new float[30 * m * 50]);
    for (int pair = 0; pair < 30; pair++) {
      MatrixView left = part(a, pair, 30);
      simd(1)
          .multiplyPairs(1, transposed, left, part(b, pair, 30), part(c, pair, 30), Epilogue.STORE);
    }
    float[] expected = c.array().clone();
    for (int threads : new int[] {1, 2, 5}) {
      Arrays.fill(c.array(), 0);
      simd(threads).multiplyPairs(30, transposed, a, b, c, Epilogue.STORE);
      assertArrayEquals(expected, c.array());
    }
  }

  private static MatrixView stacked(
      SplittableRandom random, int pairs, int rows, int columns, boolean transposed) {
    return transposed
        ? Case.matrix(random, pairs * columns, rows, 1)
        : Case.matrix(random, pairs * rows, columns, 1);
  }

  private static MatrixView part(MatrixView x, int pair, int pairs) {
    int rows = x.rows() / pairs;
    int at = x.offset() + pair * rows * x.stride();
    return new MatrixView(x.array(), at, rows, x.columns(), x.stride());
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void allSmallShapes(Product product) {
    MatrixKernels simd = simd(1);
    int compared = 0;
    for (int rows : SIZES) {
      for (int columns : SIZES) {
        for (int inner : SIZES) {
          Case data = new Case(product, rows, columns, inner, (rows + columns + inner) % 4);
          compare(simd, data, epilogues(data).get(compared % 4));
          compared++;
        }
      }
    }
    assertEquals(SIZES.length * SIZES.length * SIZES.length, compared);
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void largeShapesWithAnyNumberOfThreads(Product product) {
    for (int threads : new int[] {1, 2, 3, 5}) {
      MatrixKernels simd = simd(threads);
      for (int i = 0; i < LARGE.length; i++) {
        Case data = new Case(product, LARGE[i][0], LARGE[i][1], LARGE[i][2], i % 3);
        compare(simd, data, epilogues(data).get((i + threads) % 4));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void everyEpilogue(Product product) {
    MatrixKernels simd = simd(2);
    for (int[] shape : new int[][] {{2, 9, 30}, {20, 45, 9}, {7, 40, 530}, {90, 70, 120}}) {
      for (UnaryFunction activation : ACTIVATIONS) {
        Case data = new Case(product, shape[0], shape[1], shape[2], 3);
        compare(simd, data, new Epilogue(false, null, activation));
        compare(simd, data, new Epilogue(false, data.bias, activation));
        compare(simd, data, new Epilogue(true, null, activation));
        compare(simd, data, new Epilogue(true, data.bias, activation));
      }
    }
  }

  /** C2 compiles the Vector API anew after some thousand calls, and has had miscompilations. */
  @ParameterizedTest
  @EnumSource(Product.class)
  void afterTheCompilerHasSeenThousandsOfCalls(Product product) {
    MatrixKernels simd = simd(1);
    int[][] shapes = {{13, 35, 20}, {2, 70, 37}, {24, 10, 33}, {12, 64, 17}};
    for (int[] shape : shapes) {
      Case data = new Case(product, shape[0], shape[1], shape[2], 1);
      List<Epilogue> epilogues = epilogues(data);
      for (int i = 0; i < 20_000; i++) {
        product.run(simd, data, epilogues.get(i % 4));
        if (i % 1000 == 0) {
          data.restore();
        }
      }
    }
    for (int[] shape : shapes) {
      Case data = new Case(product, shape[0], shape[1], shape[2], 1);
      for (Epilogue epilogue : epilogues(data)) {
        compare(simd, data, epilogue);
      }
    }
    for (int rows : SIZES) {
      for (int columns : SIZES) {
        Case data = new Case(product, rows, columns, 19, 2);
        compare(simd, data, Epilogue.STORE);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Product.class)
  void wholeNumbersAreExact(Product product) {
    MatrixKernels simd = simd(2);
    for (int[] shape : new int[][] {{3, 40, 600}, {25, 70, 600}}) {
      Case data = new Case(product, shape[0], shape[1], shape[2], 0);
      for (float[] values : List.of(data.a.array(), data.b.array())) {
        for (int i = 0; i < values.length; i++) {
          values[i] = Math.round(values[i] * 8);
        }
      }
      product.run(simd, data, Epilogue.STORE);
      float[] fast = data.c.array().clone();
      product.run(scalar, data, Epilogue.STORE);
      for (int i = 0; i < data.c.rows(); i++) {
        for (int j = 0; j < data.c.columns(); j++) {
          long exact = 0;
          for (int k = 0; k < data.inner; k++) {
            exact += (long) Math.round(data.left(i, k)) * Math.round(data.right(k, j));
          }
          assertEquals((float) exact, fast[data.at(i, j)], "simd " + i + ", " + j);
          assertEquals((float) exact, data.c.get(i, j), "scalar " + i + ", " + j);
        }
      }
    }
  }

  @Test
  void notANumberStaysInItsRowAndColumn() {
    for (Product product : Product.values()) {
      for (int rows : new int[] {2, 14}) {
        Case data = new Case(product, rows, 37, 21, 0);
        data.a.array()[data.a.offset()] = Float.NaN;
        for (UnaryFunction activation : List.of(UnaryFunction.IDENTITY, UnaryFunction.RELU)) {
          product.run(simd(1), data, Epilogue.of(null, activation));
          for (int i = 0; i < rows; i++) {
            for (int j = 0; j < 37; j++) {
              assertEquals(i == 0, Float.isNaN(data.c.get(i, j)), product + " " + i + ", " + j);
            }
          }
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void wrongShapesAreRefused(String name) {
    MatrixKernels kernels = name.equals("scalar") ? scalar : simd(1);
    MatrixView a = MatrixView.of(3, 4, new float[12]);
    MatrixView b = MatrixView.of(5, 2, new float[10]);
    MatrixView c = MatrixView.of(3, 2, new float[6]);
    String message =
        assertThrows(
                IllegalArgumentException.class, () -> kernels.multiply(a, b, c, Epilogue.STORE))
            .getMessage();
    assertTrue(message.contains("multiply: ") && message.contains("4 (a is 3 x 4)"), message);
    assertTrue(message.contains("5 (b is 5 x 2)"), message);
    assertRefused("inner", () -> kernels.multiplyTransposedLeft(a, b, c, Epilogue.STORE));
    assertRefused("inner", () -> kernels.multiplyTransposedRight(a, b, c, Epilogue.STORE));

    MatrixView fitting = MatrixView.of(4, 2, new float[8]);
    MatrixView wrong = MatrixView.of(2, 3, new float[6]);
    assertRefused("c must be 3 x 2", () -> kernels.multiply(a, fitting, wrong, Epilogue.STORE));
    Epilogue bias = Epilogue.of(Slice.allocate(3), UnaryFunction.IDENTITY);
    assertRefused("bias must have 2", () -> kernels.multiply(a, fitting, c, bias));
    MatrixView square = MatrixView.of(2, 2, new float[4]);
    assertRefused(
        "must not share", () -> kernels.multiply(square, wrongFree(), square, Epilogue.STORE));
    assertRefused(
        "must not share", () -> kernels.multiply(wrongFree(), square, square, Epilogue.STORE));
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void wrongPairsAreRefused(String name) {
    MatrixKernels kernels = name.equals("scalar") ? scalar : simd(1);
    MatrixView four = MatrixView.of(4, 2, new float[8]);
    MatrixView c = MatrixView.of(4, 2, new float[8]);
    assertRefused(
        "at least 1 pair, but there are 0",
        () -> kernels.multiplyPairs(0, Transposed.NONE, four, four, c, Epilogue.STORE));
    assertRefused(
        "the rows of a must be a multiple of the pairs, but are 4 for 3",
        () -> kernels.multiplyPairs(3, Transposed.NONE, four, four, c, Epilogue.STORE));
    MatrixView six = MatrixView.of(6, 2, new float[12]);
    assertRefused(
        "2 (a is 2 x 2) and 3 (b is 3 x 2)",
        () -> kernels.multiplyPairs(2, Transposed.NONE, four, six, c, Epilogue.STORE));
  }

  private static MatrixView wrongFree() {
    return MatrixView.of(2, 2, new float[4]);
  }

  private static void assertRefused(String part, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(part), message);
  }

  @Test
  void columnBlocksOfOneMatrixMayBeInputAndOutput() {
    float[] shared = new float[4 * 6];
    for (int i = 0; i < shared.length; i++) {
      shared[i] = i;
    }
    MatrixView a = new MatrixView(shared, 0, 4, 3, 6);
    MatrixView c = new MatrixView(shared, 3, 4, 3, 6);
    MatrixView identity = MatrixView.of(3, 3, 1, 0, 0, 0, 1, 0, 0, 0, 1);
    simd(1).multiply(a, identity, c, Epilogue.STORE);
    for (int i = 0; i < 4; i++) {
      float first = 6 * i;
      assertArrayEquals(
          new float[] {first, first + 1, first + 2, first, first + 1, first + 2},
          Arrays.copyOfRange(shared, 6 * i, 6 * i + 6));
    }
    MatrixView overlapping = new MatrixView(shared, 2, 4, 3, 6);
    assertRefused(
        "must not share", () -> simd(1).multiply(a, identity, overlapping, Epilogue.STORE));
  }
}
