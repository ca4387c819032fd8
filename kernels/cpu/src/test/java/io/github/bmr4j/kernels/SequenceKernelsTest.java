package io.github.bmr4j.kernels;

import static io.github.bmr4j.kernels.KernelData.assertClose;
import static io.github.bmr4j.kernels.KernelData.assertSame;
import static io.github.bmr4j.kernels.KernelData.copy;
import static io.github.bmr4j.kernels.KernelData.guarded;
import static io.github.bmr4j.kernels.KernelData.uniform;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** SIMD against scalar, and the same bits on one thread and on several. */
@Tag("width")
class SequenceKernelsTest {

  private static final float EPSILON = 1e-5f;

  @ParameterizedTest
  @CsvSource({"1,1", "3,2", "5,15", "4,16", "7,17", "65,65", "130,256", "2,1025", "3,4103"})
  void rowsAreThoseOfTheOracle(int rows, int columns) {
    int n = rows * columns;
    Slice x = uniform(n, 1, -2, 3);
    Slice scale = uniform(columns, 2, -1, 1);
    Slice shift = uniform(columns, 3, -1, 1);
    Slice gradient = uniform(n, 4, -1, 1);
    Slice old = uniform(n, 5, -1, 1);
    try (Backend scalar = Backends.open("scalar", 1);
        Backend one = Backends.open("simd", 1);
        Backend three = Backends.open("simd", 3)) {
      Slice[][] results = new Slice[3][];
      Backend[] backends = {scalar, one, three};
      for (int i = 0; i < 3; i++) {
        SequenceKernels kernels = backends[i].sequence();
        MatrixView m = x.asMatrix(rows, columns);
        MatrixView d = gradient.asMatrix(rows, columns);
        Slice y = guarded(n);
        Slice dx = copy(old);
        Slice stored = guarded(n);
        Slice products = guarded(n);
        Slice softmax = copy(old);
        kernels.normalize(m, scale, shift, EPSILON, y.asMatrix(rows, columns));
        for (boolean accumulate : new boolean[] {true, false}) {
          kernels.normalizePullback(
              m,
              scale,
              EPSILON,
              d,
              (accumulate ? dx : stored).asMatrix(rows, columns),
              products.asMatrix(rows, columns),
              accumulate);
        }
        kernels.softmaxPullback(m, d, softmax.asMatrix(rows, columns), true);
        results[i] = new Slice[] {y, dx, stored, products, softmax};
      }
      // A row of one column has no deviation but that of ε, so errors are divided by √ε there.
      double tolerance = columns == 1 ? 1e-3 : 4e-5;
      for (int k = 0; k < results[0].length; k++) {
        double absolute = k == 4 ? 1e-6 * columns : tolerance;
        assertClose(results[0][k], results[1][k], absolute, 1e-5, "result " + k);
        assertSame(results[1][k], results[2][k], "result " + k + " on three threads");
      }
    }
  }

  @Test
  void aPermutationAndItsInverseGiveBackTheOperand() {
    Permutation order = new Permutation(new int[] {2, 3, 5, 4}, 3, 1, 0, 2);
    Slice x = uniform(120, 6, -1, 1);
    try (Backend scalar = Backends.open("scalar", 1);
        Backend simd = Backends.open("simd", 3)) {
      Slice expected = guarded(120);
      Slice actual = guarded(120);
      Slice back = copy(x);
      scalar.sequence().permute(order, x, expected, false);
      simd.sequence().permute(order, x, actual, false);
      assertSame(expected, actual, "permuted");
      // [3, 2, 1, 4] of the result is [1, 2, 4, 3] of the operand.
      assertEquals(x.get(((1 * 3 + 2) * 5 + 4) * 4 + 3), actual.get(((3 * 3 + 2) * 2 + 1) * 5 + 4));
      simd.sequence().permute(order.inverse(), actual, back, true);
      for (int i = 0; i < 120; i++) {
        assertEquals(2 * x.get(i), back.get(i));
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "3,5,7", "9,1,4", "17,65,33", "300,784,128"})
  void gatheredRowsAreThoseOfTheTable(int entries, int columns, int rows) {
    Slice table = uniform(entries * columns, 8, -1, 1);
    Slice numbers = uniform(rows + 2, 9, 0, 0);
    for (int i = 0; i < rows; i++) {
      numbers.set(i + 2, (7 * i + 3) % entries);
    }
    float[] none = {-1, entries, 0.5f, Float.NaN, Float.POSITIVE_INFINITY};
    for (int i = 0; i < none.length && i + 1 < rows; i++) {
      numbers.set(i + 3, none[i]);
    }
    try (Backend scalar = Backends.open("scalar", 1);
        Backend simd = Backends.open("simd", 3)) {
      Slice expected = guarded(rows * columns);
      Slice actual = guarded(rows * columns);
      scalar
          .sequence()
          .gatherRows(
              table.asMatrix(entries, columns), numbers, 2, expected.asMatrix(rows, columns));
      simd.sequence()
          .gatherRows(table.asMatrix(entries, columns), numbers, 2, actual.asMatrix(rows, columns));
      assertSame(expected, actual, "gathered");
      for (int i = 0; i < rows; i++) {
        boolean found = i == 0 || i > none.length;
        int entry = (7 * i + 3) % entries;
        for (int j = 0; j < columns; j++) {
          float from = found ? table.get(entry * columns + j) : Float.NaN;
          assertEquals(from, actual.get(i * columns + j), "row " + i + ", column " + j);
        }
      }
    }
  }

  @Test
  void rowsThatDoNotFitTheTableAreRefused() {
    try (Backend scalar = Backends.open("scalar", 1)) {
      MatrixView table = Slice.allocate(6).asMatrix(2, 3);
      MatrixView out = Slice.allocate(6).asMatrix(2, 3);
      Slice numbers = Slice.allocate(3);
      SequenceKernels kernels = scalar.sequence();
      for (int first : new int[] {-1, 2, Integer.MAX_VALUE}) {
        String message =
            assertThrows(
                    IllegalArgumentException.class,
                    () -> kernels.gatherRows(table, numbers, first, out))
                .getMessage();
        assertTrue(message.contains("2 numbers from " + first), message);
      }
      MatrixView narrow = Slice.allocate(4).asMatrix(2, 2);
      assertThrows(
          IllegalArgumentException.class, () -> kernels.gatherRows(table, numbers, 0, narrow));
      assertThrows(
          IllegalArgumentException.class, () -> kernels.gatherRows(table, numbers, 0, table));
      MatrixView many = new MatrixView(new float[0], 0, SequenceKernels.MOST_ENTRIES + 1, 0, 0);
      MatrixView none = new MatrixView(new float[0], 0, 2, 0, 0);
      assertThrows(
          IllegalArgumentException.class, () -> kernels.gatherRows(many, numbers, 0, none));
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new Permutation(new int[] {2, 3}, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Permutation(new int[] {2, 3}, 0));
    try (Backend scalar = Backends.open("scalar", 1)) {
      MatrixView m = Slice.allocate(6).asMatrix(2, 3);
      Slice row = Slice.allocate(3);
      SequenceKernels kernels = scalar.sequence();
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> kernels.normalize(m, Slice.allocate(2), row, 0, m))
              .getMessage();
      assertTrue(message.contains("scale"), message);
      assertThrows(
          IllegalArgumentException.class, () -> kernels.normalize(m, row, row, EPSILON, m));
    }
  }
}
