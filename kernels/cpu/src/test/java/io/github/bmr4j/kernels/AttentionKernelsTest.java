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

/** SIMD against scalar, the same bits on one thread and on several, and both against products. */
@Tag("width")
class AttentionKernelsTest {

  @ParameterizedTest
  @CsvSource({
    "1,1,1,1",
    "2,3,1,2",
    "3,7,2,5",
    "2,16,3,16",
    "5,65,8,32",
    "1,130,2,17",
    "2,9,1,1100"
  })
  void headsAreThoseOfTheOracle(int examples, int tokens, int heads, int size) {
    AttentionShape shape = new AttentionShape(examples, tokens, heads, size);
    Slice x = uniform(shape.rows() * 3 * shape.width(), 1, -1, 1);
    Slice dOut = uniform(shape.rows() * shape.width(), 2, -1, 1);
    Slice old = uniform(x.length(), 3, -1, 1);
    try (Backend scalar = Backends.open("scalar", 1);
        Backend one = Backends.open("simd", 1);
        Backend three = Backends.open("simd", 3)) {
      Slice[][] results = new Slice[3][];
      Backend[] backends = {scalar, one, three};
      for (int i = 0; i < 3; i++) {
        AttentionKernels kernels = backends[i].attention();
        Slice out = guarded(dOut.length());
        Slice normalizers = guarded(shape.normalizers());
        Slice stored = guarded(x.length());
        Slice added = copy(old);
        kernels.attend(shape, wide(shape, x), narrow(shape, out), normalizers);
        for (boolean accumulate : new boolean[] {false, true}) {
          kernels.attendPullback(
              shape,
              wide(shape, x),
              narrow(shape, out),
              normalizers,
              narrow(shape, dOut),
              wide(shape, accumulate ? added : stored),
              accumulate);
        }
        results[i] = new Slice[] {out, normalizers, stored, added};
      }
      for (int k = 0; k < results[0].length; k++) {
        assertClose(results[0][k], results[1][k], 2e-6 * Math.sqrt(size), 2e-5, "result " + k);
        assertSame(results[1][k], results[2][k], "result " + k + " on three threads");
      }
    }
  }

  /** Rows that are parts of longer ones, and a head by products and the softmax. */
  @Test
  void oneHeadIsTheSoftmaxOfProducts() {
    int tokens = 33;
    int size = 12;
    AttentionShape shape = new AttentionShape(1, tokens, 1, size);
    Slice x = uniform(tokens * 50, 4, -3, 3);
    MatrixView projections = new MatrixView(x.array(), x.offset() + 5, tokens, 3 * size, 50);
    Slice o = guarded(tokens * 20);
    MatrixView out = new MatrixView(o.array(), o.offset() + 2, tokens, size, 20);
    for (String name : new String[] {"scalar", "simd"}) {
      try (Backend backend = Backends.open(name, 1)) {
        backend.attention().attend(shape, projections, out, guarded(shape.normalizers()));
        Slice scores = guarded(tokens * tokens);
        MatrixView p = scores.asMatrix(tokens, tokens);
        backend
            .matrix()
            .multiplyTransposedRight(part(projections, 0), part(projections, 1), p, Epilogue.STORE);
        backend.elementwise().scale(shape.scale(), scores, scores);
        backend.reduction().softmax(p, p);
        Slice expected = guarded(tokens * size);
        MatrixView of = expected.asMatrix(tokens, size);
        backend.matrix().multiply(p, part(projections, 2), of, Epilogue.STORE);
        for (int i = 0; i < tokens; i++) {
          for (int k = 0; k < size; k++) {
            assertEquals(of.get(i, k), out.get(i, k), 2e-6, name + ", " + i + ", " + k);
          }
          // What lies beside the rows stays.
          assertEquals(0f, o.get(20 * i + 1));
          assertEquals(0f, o.get(20 * i + 2 + size));
        }
      }
    }
  }

  private static MatrixView part(MatrixView x, int kind) {
    int size = x.columns() / 3;
    return new MatrixView(x.array(), x.offset() + kind * size, x.rows(), size, x.stride());
  }

  /** Scores far apart leave one token; NaN stays NaN and in its example. */
  @Test
  void extremes() {
    AttentionShape shape = new AttentionShape(2, 3, 1, 1);
    float[] given = {100, 100, 1, 100, -100, 2, 100, 0, 3, 0, 0, 4, Float.NaN, 0, 5, 0, 0, 6};
    for (String name : new String[] {"scalar", "simd"}) {
      try (Backend backend = Backends.open(name, 1)) {
        Slice out = Slice.allocate(6);
        Slice normalizers = Slice.allocate(shape.normalizers());
        backend
            .attention()
            .attend(shape, wide(shape, Slice.of(given)), narrow(shape, out), normalizers);
        for (int i = 0; i < 3; i++) {
          assertEquals(1f, out.get(i), name);
        }
        assertEquals(5f, out.get(3), 1e-6f, name);
        assertEquals(Float.NaN, out.get(4), name);
        assertEquals(5f, out.get(5), 1e-6f, name);
      }
    }
  }

  @Test
  void whatDoesNotFitIsRefused() {
    assertThrows(IllegalArgumentException.class, () -> new AttentionShape(1, 0, 1, 1));
    assertThrows(ArithmeticException.class, () -> new AttentionShape(1 << 15, 1 << 15, 1, 1));
    AttentionShape shape = new AttentionShape(2, 3, 2, 4);
    try (Backend scalar = Backends.open("scalar", 1)) {
      AttentionKernels kernels = scalar.attention();
      MatrixView x = wide(shape, Slice.allocate(6 * 24));
      MatrixView out = narrow(shape, Slice.allocate(6 * 8));
      Slice normalizers = Slice.allocate(shape.normalizers());
      refused("projections", () -> kernels.attend(shape, out, out, normalizers));
      refused("out", () -> kernels.attend(shape, x, x, normalizers));
      refused("normalizers", () -> kernels.attend(shape, x, out, Slice.allocate(3)));
      MatrixView inside = new MatrixView(x.array(), 0, 6, 8, 8);
      refused("overlap", () -> kernels.attend(shape, x, inside, normalizers));
      refused(
          "dProjections",
          () -> kernels.attendPullback(shape, x, out, normalizers, out, out, false));
      refused("overlap", () -> kernels.attendPullback(shape, x, out, normalizers, out, x, false));
    }
  }

  private static void refused(String what, Runnable call) {
    String message = assertThrows(IllegalArgumentException.class, call::run).getMessage();
    assertTrue(message.contains(what), message);
  }

  private static MatrixView wide(AttentionShape shape, Slice x) {
    return x.asMatrix(shape.rows(), 3 * shape.width());
  }

  private static MatrixView narrow(AttentionShape shape, Slice x) {
    return x.asMatrix(shape.rows(), shape.width());
  }
}
