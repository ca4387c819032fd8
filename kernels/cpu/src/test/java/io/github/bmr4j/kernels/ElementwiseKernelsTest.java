package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.SIZES;
import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertGuards;
import static io.github.bmr4j.kernels.KernelData.assertSame;
import static io.github.bmr4j.kernels.KernelData.copy;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** SIMD against scalar for every method of the interface. */
@Tag("width")
class ElementwiseKernelsTest {

  /** Enough calls for the C2 compiler, whose code the parity is about. */
  private static final int WARM_UP = 20_000;

  private static final WorkerPool POOL = new WorkerPool(2);

  private final ElementwiseKernels scalar = new ScalarElementwiseKernels();
  private final ElementwiseKernels simd = new SimdElementwiseKernels(POOL);

  @AfterAll
  static void close() {
    POOL.close();
  }

  /** Calls one method: a, b and c are inputs, out has values that it may use. */
  interface Call {
    void on(ElementwiseKernels kernels, Slice a, Slice b, Slice c, Slice out);
  }

  /** A call and its tolerance, relative and absolute; 0 asks for the same bits. */
  record Case(String name, String method, double tolerance, Call call) {
    @Override
    public String toString() {
      return name;
    }
  }

  static List<Case> cases() {
    Stream<Case> arithmetic =
        Stream.of(
            exact("copy", (k, a, b, c, out) -> k.copy(a, out)),
            exact("fill", (k, a, b, c, out) -> k.fill(out, 0.7f)),
            exact("add", (k, a, b, c, out) -> k.add(a, b, out)),
            exact("subtract", (k, a, b, c, out) -> k.subtract(a, b, out)),
            exact("multiply", (k, a, b, c, out) -> k.multiply(a, b, out)),
            exact("divide", (k, a, b, c, out) -> k.divide(a, b, out)),
            exact("scale", (k, a, b, c, out) -> k.scale(-1.3f, a, out)),
            // The scalar sum is rounded to double first, hence one unit in the last place.
            rounded("addScaled", 0x1p-23, (k, a, b, c, out) -> k.addScaled(-1.3f, a, out)),
            rounded("addProduct", 0x1p-23, (k, a, b, c, out) -> k.addProduct(a, b, out)),
            exact("addRow", ElementwiseKernelsTest::addRow));
    Stream<Case> functions = Arrays.stream(UnaryFunction.values()).flatMap(f -> functions(f));
    return Stream.concat(arithmetic, functions).toList();
  }

  private static Case exact(String method, Call call) {
    return new Case(method, method, 0, call);
  }

  private static Case rounded(String method, double tolerance, Call call) {
    return new Case(method, method, tolerance, call);
  }

  /** The values of a function, more exactly tested in {@link UnaryFunctionsTest}, and pullbacks. */
  private static Stream<Case> functions(UnaryFunction f) {
    return Stream.of(
        new Case("apply " + f, "apply", 0x1p-21, (k, a, b, c, out) -> k.apply(f, a, out)),
        new Case(
            "applyPullback " + f,
            "applyPullback",
            0x1p-20,
            (k, a, b, c, out) -> k.applyPullback(f, a, b, c, out, false)),
        new Case(
            "applyPullback and add " + f,
            "applyPullback",
            0x1p-20,
            (k, a, b, c, out) -> k.applyPullback(f, a, b, c, out, true)));
  }

  /** Adds the beginning of a to rows of 37 of out, with gaps of 4 where nothing may change. */
  private static void addRow(ElementwiseKernels k, Slice a, Slice b, Slice c, Slice out) {
    int columns = Math.min(37, a.length());
    int stride = columns + 4;
    int rows = columns == 0 ? 0 : (out.length() + 4) / stride;
    k.addRow(a.slice(0, columns), new MatrixView(out.array(), out.offset(), rows, columns, stride));
  }

  /** Positive, so that logarithms and roots are numbers; the functions' test has the rest. */
  private static Slice input(int n, int number) {
    return uniform(n, 31L * n + number, 0.05, 4);
  }

  @ParameterizedTest
  @MethodSource("cases")
  void simdAgreesWithScalarBeforeAndAfterCompilation(Case c) {
    agree(c);
    Slice a = input(67, 0);
    Slice b = input(67, 1);
    Slice out = guarded(67);
    for (int i = 0; i < WARM_UP; i++) {
      c.call.on(simd, a, b, a, out);
    }
    agree(c);
  }

  private void agree(Case c) {
    for (int n : SIZES) {
      Slice a = input(n, 0);
      Slice b = input(n, 1);
      Slice d = uniform(n, n, -2, 2);
      Slice expected = uniform(n, n + 1, -1, 1);
      Slice actual = copy(expected);
      c.call.on(scalar, a, b, d, expected);
      c.call.on(simd, a, b, d, actual);
      compare(c, expected, actual, n);
      for (Slice input : List.of(a, b, d)) {
        assertGuards(input);
      }
      assertSame(input(n, 0), a, c + " changed an input");
    }
  }

  private static void compare(Case c, Slice expected, Slice actual, int n) {
    if (c.tolerance == 0) {
      assertSame(expected, actual, c + ", n = " + n);
      assertGuards(actual);
    } else {
      assertClose(expected, actual, c.tolerance, c.tolerance, c + ", n = " + n);
    }
  }

  /** The output in the place of each input in turn: the same bits as in memory of its own. */
  @ParameterizedTest
  @MethodSource("cases")
  void outputsMayBeInputs(Case c) {
    if (c.method.equals("addRow")) {
      return; // Its row must lie apart.
    }
    for (ElementwiseKernels kernels : List.of(scalar, simd)) {
      for (int n : new int[] {1, 33, 16_385}) {
        for (int place = 0; place < 3; place++) {
          Slice[] inputs = {input(n, 0), input(n, 1), uniform(n, n, -2, 2)};
          Slice apart = copy(inputs[place]);
          c.call.on(kernels, inputs[0], inputs[1], inputs[2], apart);
          Slice in = inputs[place];
          c.call.on(kernels, inputs[0], inputs[1], inputs[2], in);
          assertSame(apart, in, c + " in place of input " + place);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void threadsChangeNoBit(Case c) {
    int n = 70_001;
    Slice expected = null;
    for (int threads = 1; threads <= 3; threads++) {
      Slice out = uniform(n, 9, -1, 1);
      try (WorkerPool pool = new WorkerPool(threads)) {
        Slice d = uniform(n, n, -2, 2);
        c.call.on(new SimdElementwiseKernels(pool), input(n, 0), input(n, 1), d, out);
      }
      if (expected == null) {
        expected = out;
      }
      assertSame(expected, out, c + " on " + threads + " threads");
    }
  }

  @Test
  void everyMethodHasItsCase() {
    Map<String, Integer> methods = new TreeMap<>();
    for (Method method : ElementwiseKernels.class.getDeclaredMethods()) {
      methods.merge(method.getName(), 1, Integer::sum);
    }
    assertTrue(methods.size() >= 12, "methods found: " + methods);
    assertEquals(
        methods.keySet(),
        cases().stream().map(Case::method).collect(Collectors.toCollection(TreeSet::new)));
    assertTrue(methods.values().stream().allMatch(n -> n == 1), "overloads need cases: " + methods);
  }

  @Test
  void refusesWhatDoesNotFit() {
    Slice three = Slice.allocate(3);
    Slice four = Slice.allocate(4);
    Slice shifted = four.slice(1, 3);
    Slice start = four.slice(0, 3);
    for (ElementwiseKernels k : List.of(scalar, simd)) {
      List<Runnable> wrong =
          List.of(
              () -> k.copy(three, four),
              () -> k.add(three, four, three),
              () -> k.subtract(four, three, three),
              () -> k.multiply(three, three, four),
              () -> k.divide(three, three, four),
              () -> k.scale(2f, three, four),
              () -> k.addScaled(2f, three, four),
              () -> k.addProduct(three, four, three),
              () -> k.apply(UnaryFunction.EXP, three, four),
              () -> k.applyPullback(UnaryFunction.EXP, three, three, three, four, false),
              () -> k.applyPullback(UnaryFunction.EXP, three, four, three, three, false),
              () -> k.addRow(four, three.asMatrix(1, 3)),
              () -> k.addRow(start, four.asMatrix(2, 2)),
              () -> k.addRow(four.slice(2, 2), four.asMatrix(2, 2)),
              () -> k.copy(shifted, start),
              () -> k.add(three, shifted, start),
              () -> k.apply(UnaryFunction.EXP, start, shifted));
      for (int i = 0; i < wrong.size(); i++) {
        Runnable call = wrong.get(i);
        assertThrows(IllegalArgumentException.class, call::run, k.getClass() + ", call " + i);
      }
    }
  }
}
