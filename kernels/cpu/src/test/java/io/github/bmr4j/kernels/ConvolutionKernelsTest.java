package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** SIMD convolutions against the scalar ones, with the error that the interface states. */
@Tag("width")
class ConvolutionKernelsTest {

  /** Epilogue without bias and the four combinations that matter. */
  private static final List<Function<Slice, Epilogue>> EPILOGUES =
      List.of(
          bias -> Epilogue.STORE,
          bias -> Epilogue.ACCUMULATE,
          bias -> Epilogue.of(bias, UnaryFunction.IDENTITY),
          bias -> Epilogue.of(bias, UnaryFunction.TANH),
          bias -> new Epilogue(true, bias, UnaryFunction.RELU));

  /** Networks' layers, in small batches. */
  private static final List<ConvolutionShape> LAYERS =
      List.of(
          shape(3, 1, 28, 28, 20, 1, Window.square(5)),
          shape(5, 20, 12, 12, 50, 1, Window.square(5)),
          shape(4, 6, 14, 14, 16, 1, Window.square(5)),
          shape(17, 16, 5, 5, 120, 1, Window.square(5)),
          shape(1, 64, 9, 17, 48, 1, Window.square(3, 1, 1)),
          shape(1, 32, 15, 15, 24, 1, Window.square(3, 2, 1)),
          shape(1, 3, 33, 35, 13, 1, Window.square(7, 2, 3)),
          shape(2, 24, 9, 9, 40, 1, Window.square(1, 2, 0)),
          shape(3, 40, 7, 7, 25, 1, Window.square(1)));

  private final ConvolutionKernels scalar = new ScalarConvolutionKernels();
  private final List<WorkerPool> pools = new ArrayList<>();

  private ConvolutionKernels simd(int threads) {
    WorkerPool pool = new WorkerPool(threads);
    pools.add(pool);
    return new SimdConvolutionKernels(pool);
  }

  @AfterEach
  void closePools() {
    pools.forEach(WorkerPool::close);
  }

  private static ConvolutionShape shape(
      int batch, int channels, int height, int width, int filters, int groups, Window window) {
    return new ConvolutionShape(batch, channels, height, width, filters, groups, window);
  }

  /** Small images with all kinds of windows, paddings, strides and groups. */
  private static List<ConvolutionShape> smallShapes() {
    List<Window> windows =
        List.of(
            Window.square(1),
            Window.square(2),
            Window.square(3, 1, 1),
            Window.square(3, 2, 1),
            Window.square(4, 3, 2),
            new Window(3, 1, 2, 1, 1, 0),
            new Window(1, 5, 1, 3, 0, 4),
            new Window(2, 4, 4, 1, 0, 3));
    int[][] images = {{5, 5}, {6, 9}, {4, 17}, {7, 21}};
    int[][] channels = {{1, 1, 1}, {3, 13, 1}, {4, 6, 2}, {3, 3, 3}, {2, 26, 1}};
    List<ConvolutionShape> shapes = new ArrayList<>();
    for (Window window : windows) {
      for (int[] image : images) {
        for (int[] c : channels) {
          int batch = 1 + shapes.size() % 3;
          shapes.add(shape(batch, c[0], image[0], image[1], c[1], c[2], window));
        }
      }
    }
    return shapes;
  }

  /** Random tensors of one shape, between guards. */
  private static final class Case {
    final ConvolutionShape shape;
    final Slice x;
    final Slice weights;
    final Slice dy;
    final Slice bias;
    final Slice y;
    final Slice dx;
    final Slice dWeights;
    final Slice dBias;

    Case(ConvolutionShape shape) {
      this.shape = shape;
      x = KernelData.uniform(shape.inputSize(), 1, -1, 1);
      weights = KernelData.uniform(shape.weightSize(), 2, -1, 1);
      dy = KernelData.uniform(shape.outputSize(), 3, -1, 1);
      bias = KernelData.uniform(shape.filters(), 4, -1, 1);
      y = KernelData.uniform(shape.outputSize(), 5, -1, 1);
      dx = KernelData.uniform(shape.inputSize(), 6, -1, 1);
      dWeights = KernelData.uniform(shape.weightSize(), 7, -1, 1);
      dBias = KernelData.uniform(shape.filters(), 8, -1, 1);
    }

    private Slice forward(ConvolutionKernels kernels, Epilogue epilogue) {
      Slice out = KernelData.copy(y);
      kernels.convolve(shape, x, weights, out, epilogue);
      return out;
    }

    private Slice inputGradient(ConvolutionKernels kernels, boolean accumulate) {
      Slice out = KernelData.copy(dx);
      kernels.convolvePullbackInput(shape, weights, dy, out, accumulate);
      return out;
    }

    /** Gradients of the weights, and of the biases if asked for. */
    private List<Slice> weightGradients(
        ConvolutionKernels kernels, boolean accumulate, boolean withBias) {
      Slice outWeights = KernelData.copy(dWeights);
      Slice outBias = KernelData.copy(dBias);
      kernels.convolvePullbackWeights(
          shape, x, dy, outWeights, accumulate, withBias ? outBias : null, !accumulate);
      return List.of(outWeights, outBias);
    }

    List<Slice> everything(ConvolutionKernels kernels) {
      List<Slice> results = new ArrayList<>(weightGradients(kernels, false, true));
      results.add(forward(kernels, Epilogue.of(bias, UnaryFunction.IDENTITY)));
      results.add(inputGradient(kernels, false));
      return results;
    }

    Case magnitudes() {
      Case magnitudes = new Case(shape);
      for (Slice slice :
          List.of(magnitudes.x, magnitudes.weights, magnitudes.dy, magnitudes.bias)) {
        for (int i = 0; i < slice.length(); i++) {
          slice.set(i, Math.abs(slice.get(i)));
        }
      }
      return magnitudes;
    }
  }

  /** |expected − actual| ≤ (terms + 4) 2⁻²⁴ (Σ|a||b| + what is added). */
  private static void assertWithin(
      Slice magnitude, int terms, Slice expected, Slice actual, String what) {
    for (int i = 0; i < expected.length(); i++) {
      double tolerance = (terms + 4) * 0x1p-24 * (magnitude.get(i) + 2);
      if (!(Math.abs(expected.get(i) - actual.get(i)) <= tolerance)) {
        assertEquals(expected.get(i), actual.get(i), tolerance, what + ", element " + i);
      }
    }
    KernelData.assertGuards(actual);
  }

  private void compare(ConvolutionKernels simd, ConvolutionShape shape, int variant) {
    Case data = new Case(shape);
    Case sizes = data.magnitudes();
    String what = shape + ", " + SimdSpecies.BITS + " bits";
    boolean accumulate = variant % 2 == 1;

    Epilogue epilogue = EPILOGUES.get(variant % EPILOGUES.size()).apply(data.bias);
    assertWithin(
        sizes.forward(scalar, Epilogue.of(sizes.bias, UnaryFunction.IDENTITY)),
        shape.filterSize() + 8,
        data.forward(scalar, epilogue),
        data.forward(simd, epilogue),
        "forward " + epilogue + " " + what);
    assertWithin(
        sizes.inputGradient(scalar, false),
        shape.groupFilters() * shape.window().size(),
        data.inputGradient(scalar, accumulate),
        data.inputGradient(simd, accumulate),
        "input gradient " + what);
    boolean withBias = variant % 3 != 0;
    List<Slice> bounds = sizes.weightGradients(scalar, false, true);
    List<Slice> expected = data.weightGradients(scalar, accumulate, withBias);
    List<Slice> actual = data.weightGradients(simd, accumulate, withBias);
    for (int i = 0; i < 2; i++) {
      int terms = shape.batch() * shape.outputPixels();
      assertWithin(bounds.get(i), terms, expected.get(i), actual.get(i), "weights " + i + what);
    }
  }

  @Test
  void smallShapesAgreeWithTheDefinition() {
    ConvolutionKernels simd = simd(1);
    int variant = 0;
    for (ConvolutionShape shape : smallShapes()) {
      compare(simd, shape, variant++);
    }
    assertEquals(160, variant);
  }

  @Test
  void layersAgreeWithTheDefinition() {
    ConvolutionKernels simd = simd(2);
    for (int i = 0; i < LAYERS.size(); i++) {
      compare(simd, LAYERS.get(i), i);
    }
  }

  /** What pruning leaves, and a scale for each channel: images are read where they are. */
  @Test
  void fewFiltersAgreeWithTheDefinition() {
    ConvolutionKernels simd = simd(2);
    int variant = 0;
    for (int filters = 1; filters <= 17; filters++) {
      compare(simd, shape(3, 1, 32, 32, filters, 1, Window.square(5)), variant++);
      compare(simd, shape(2, 3, 14, 14, filters, 1, Window.square(5)), variant++);
      compare(simd, shape(2, 2 * filters, 7, 9, 2 * filters, filters, Window.square(3)), variant++);
      compare(simd, shape(3, filters, 5, 3, filters, filters, Window.square(1)), variant++);
    }
  }

  /** Nearly as many images as vectors have lanes, and more: they are brought side by side. */
  private static List<ConvolutionShape> manyImages() {
    int[] batches = {8, 13, 16, 31, 47};
    List<ConvolutionShape> shapes = new ArrayList<>();
    for (ConvolutionShape small : smallShapes()) {
      shapes.add(
          shape(
              batches[shapes.size() % batches.length],
              small.channels(),
              small.height(),
              small.width(),
              small.filters(),
              small.groups(),
              small.window()));
    }
    return shapes;
  }

  @Test
  void manyImagesAgreeWithTheDefinition() {
    ConvolutionKernels simd = simd(2);
    int variant = 0;
    for (ConvolutionShape shape : manyImages()) {
      compare(simd, shape, variant++);
    }
    for (int filters = 1; filters <= 21; filters++) {
      compare(simd, shape(29, 3, 14, 14, filters, 1, Window.square(5)), variant++);
    }
    // More slabs of the batch than have sums of their own.
    compare(simd, shape(16 * 19 - 3, 2, 6, 6, 3, 1, Window.square(3)), variant++);
    // Bands of rows, of which the last is shorter, with borders; and images that are nearly border.
    compare(simd, shape(28, 2, 61, 70, 5, 1, Window.square(3, 1, 1)), variant++);
    compare(simd, shape(16, 24, 40, 31, 7, 1, Window.square(3, 2, 1)), variant++);
    compare(simd, shape(16, 3, 1, 1, 4, 1, Window.square(7, 1, 5)), variant++);
  }

  /** C2 compiles the Vector API anew after some thousand calls, and has had miscompilations. */
  @Test
  void afterTheCompilerHasSeenThousandsOfCalls() {
    ConvolutionKernels simd = simd(1);
    List<ConvolutionShape> shapes = smallShapes();
    List<Case> cases = shapes.stream().map(Case::new).toList();
    for (int round = 0; round < 150; round++) {
      for (Case data : cases) {
        data.everything(simd);
      }
    }
    for (int i = 0; i < shapes.size(); i++) {
      compare(simd, shapes.get(i), i + 1);
    }
  }

  @Test
  void bitsDependNeitherOnThreadsNorOnWidth() {
    List<Slice> all = new ArrayList<>();
    List<ConvolutionShape> shapes = new ArrayList<>(LAYERS);
    shapes.addAll(smallShapes());
    for (ConvolutionShape shape : shapes) {
      List<Slice> expected = new Case(shape).everything(simd(1));
      all.addAll(expected);
    }
    for (int threads : new int[] {2, 3, 7}) {
      ConvolutionKernels simd = simd(threads);
      for (int s = 0; s < shapes.size(); s++) {
        List<Slice> actual = new Case(shapes.get(s)).everything(simd);
        for (int i = 0; i < actual.size(); i++) {
          KernelData.assertSame(
              all.get(actual.size() * s + i), actual.get(i), shapes.get(s) + " " + i);
        }
      }
    }
    // The same number on every vector width; it may change only with the order of additions.
    assertEquals(9029948285170097667L, KernelData.checksum(all.toArray(new Slice[0])));
  }

  @Test
  void bitsOfManyImagesDependNeitherOnThreadsNorOnWidthNorOnTheCompiler() {
    List<Case> cases = manyImages().stream().map(Case::new).toList();
    List<Slice> expected = new ArrayList<>();
    cases.forEach(data -> expected.addAll(data.everything(simd(1))));
    for (int threads : new int[] {1, 2, 3}) {
      ConvolutionKernels simd = simd(threads);
      for (int round = 0; round < 10; round++) {
        List<Slice> actual = new ArrayList<>();
        cases.forEach(data -> actual.addAll(data.everything(simd)));
        for (int i = 0; i < actual.size(); i++) {
          KernelData.assertSame(expected.get(i), actual.get(i), "result " + i);
        }
      }
    }
    // The same number on every vector width; it may change only with the order of additions.
    assertEquals(-5938724144864334575L, KernelData.checksum(expected.toArray(new Slice[0])));
  }

  /** By hand: 2×2 filters over 3×3, as in any textbook. */
  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void aSmallConvolutionIsThatOfTheTextbook(String name) {
    ConvolutionKernels kernels = name.equals("scalar") ? scalar : simd(1);
    ConvolutionShape shape = shape(1, 1, 3, 3, 1, 1, Window.square(2));
    Slice x = Slice.of(1, 2, 3, 4, 5, 6, 7, 8, 9);
    Slice weights = Slice.of(1, 0, -1, 2);
    Slice y = Slice.allocate(4);
    kernels.convolve(shape, x, weights, y, Epilogue.STORE);
    assertEquals(List.of(7f, 9f, 13f, 15f), values(y));
    Slice dy = Slice.of(1, 0, 0, 10);
    Slice dx = Slice.allocate(9);
    kernels.convolvePullbackInput(shape, weights, dy, dx, false);
    assertEquals(List.of(1f, 0f, 0f, -1f, 12f, 0f, 0f, -10f, 20f), values(dx));
    Slice dWeights = Slice.allocate(4);
    Slice dBias = Slice.of(100);
    kernels.convolvePullbackWeights(shape, x, dy, dWeights, false, dBias, true);
    assertEquals(List.of(51f, 62f, 84f, 95f), values(dWeights));
    assertEquals(List.of(111f), values(dBias));
  }

  private static List<Float> values(Slice slice) {
    List<Float> values = new ArrayList<>();
    for (int i = 0; i < slice.length(); i++) {
      values.add(slice.get(i));
    }
    return values;
  }

  @Test
  void anEmptyBatchHasNoGradient() {
    ConvolutionShape shape = shape(0, 2, 5, 5, 3, 1, Window.square(3));
    Case data = new Case(shape);
    for (ConvolutionKernels kernels : List.of(scalar, simd(2))) {
      for (Slice gradient : data.weightGradients(kernels, false, false).subList(0, 1)) {
        for (int i = 0; i < gradient.length(); i++) {
          assertEquals(0f, gradient.get(i));
        }
      }
      assertEquals(0, data.forward(kernels, Epilogue.STORE).length());
      assertEquals(0, data.inputGradient(kernels, false).length());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "simd"})
  void wrongSizesAreRefused(String name) {
    ConvolutionKernels kernels = name.equals("scalar") ? scalar : simd(1);
    ConvolutionShape shape = shape(2, 1, 4, 4, 3, 1, Window.square(3));
    Slice x = Slice.allocate(32);
    Slice weights = Slice.allocate(27);
    Slice y = Slice.allocate(24);
    Slice wrong = Slice.allocate(5);
    assertRefused(
        "x must have 32", () -> kernels.convolve(shape, wrong, weights, y, Epilogue.STORE));
    assertRefused(
        "weights must have 27", () -> kernels.convolve(shape, x, wrong, y, Epilogue.STORE));
    assertRefused(
        "y must have 24", () -> kernels.convolve(shape, x, weights, wrong, Epilogue.STORE));
    Epilogue bias = Epilogue.of(wrong, UnaryFunction.IDENTITY);
    assertRefused("bias must have 3", () -> kernels.convolve(shape, x, weights, y, bias));
    Slice shared = x.slice(0, 24);
    assertRefused(
        "must not share", () -> kernels.convolve(shape, x, weights, shared, Epilogue.STORE));
    assertRefused(
        "dx must have 32", () -> kernels.convolvePullbackInput(shape, weights, y, wrong, false));
    assertRefused(
        "dBias must have 3",
        () ->
            kernels.convolvePullbackWeights(shape, x, y, Slice.allocate(27), false, wrong, false));
  }

  @Test
  void shapesThatCannotBeAreRefused() {
    assertRefused("does not fit", () -> shape(1, 1, 4, 4, 1, 1, Window.square(5)));
    assertRefused("3 groups", () -> shape(1, 4, 4, 4, 6, 3, Window.square(1)));
    assertRefused("batch = -1", () -> shape(-1, 1, 4, 4, 1, 1, Window.square(1)));
    assertRefused("padding = 3", () -> Window.square(3, 1, 3));
    assertRefused("stride = 0", () -> Window.square(3, 0, 0));
    assertRefused("height = 0", () -> Window.square(0));
    assertThrows(
        ArithmeticException.class,
        () -> shape(60_000, 64, 224, 224, 64, 1, Window.square(3, 1, 1)));
  }

  private static void assertRefused(String part, Executable call) {
    String message = assertThrows(IllegalArgumentException.class, call).getMessage();
    assertTrue(message.contains(part), message);
  }
}
