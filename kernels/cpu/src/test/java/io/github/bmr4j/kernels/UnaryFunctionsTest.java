package io.github.bmr4j.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Values and derivatives of the functions of one argument, as the SIMD kernels compute them. */
@Tag("width")
class UnaryFunctionsTest {

  /** A prime, so that every exponent and all kinds of mantissas come up: 266,000 bit patterns. */
  private static final int STRIDE = 16_127;

  private static final WorkerPool POOL = new WorkerPool(1);
  private static final ElementwiseKernels SIMD = new SimdElementwiseKernels(POOL);

  private static final float[] SPECIAL = {
    0f,
    -0f,
    1f,
    -1f,
    Float.NaN,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    Float.MIN_NORMAL,
    -Float.MIN_NORMAL,
    0x1.fffffcp-127f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    88.72283f,
    88.72284f,
    -87.33654f,
    -87.33655f,
    -103.27893f,
    -103.97207f,
    -103.97208f,
    -104f,
    -105f,
    104f,
    105f,
    12f,
    -12f,
    14.5f,
    -14.5f,
    110f,
    -110f,
    1.5707964f,
    -3.1415927f,
    6.2831855f,
    0x1p16f,
    0x1.000002p16f,
    -0x1p16f,
    51471.855f,
    2.5192640e29f
  };

  @AfterAll
  static void close() {
    POOL.close();
  }

  /** Every {@link #STRIDE}th float, the range where functions bend, and special numbers. */
  private static float[] arguments() {
    int sweep = (int) ((1L << 32) / STRIDE);
    int dense = 60_000;
    float[] x = new float[sweep + dense + SPECIAL.length];
    int bits = 0;
    for (int i = 0; i < sweep; i++, bits += STRIDE) {
      x[i] = Float.intBitsToFloat(bits);
    }
    for (int i = 0; i < dense; i++) {
      x[sweep + i] = (float) (-15 + 30 * (i + 0.37) / dense);
    }
    System.arraycopy(SPECIAL, 0, x, sweep + dense, SPECIAL.length);
    return x;
  }

  /** The bounds that {@link VectorMath} states, in units in the last place of the result. */
  private static double bound(UnaryFunction f) {
    return switch (f) {
      case IDENTITY, RELU -> 0;
      case SQUARE, SQRT -> 0.5;
      case EXP, LOG -> 1.1;
      case ERF -> 1.3;
      case SIN, COS -> 1.6;
      case SOFTPLUS -> 2;
      case SIGMOID -> 2.6;
      case TANH -> 2.7;
      case SWISH, GELU_TANH -> 4;
      case GELU -> 6;
    };
  }

  /** With the same bits in the scalar twins; {@link UnaryFunctionSweep} tries all floats. */
  @ParameterizedTest
  @EnumSource
  void isAccurateForAllFloats(UnaryFunction f) {
    UnaryFunctionSweep.Worst worst = UnaryFunctionSweep.worst(f, arguments());
    assertTrue(worst.ulps() <= bound(f), f + ": " + worst);
  }

  /** In whole vectors and one by one, as what does not fill a vector. */
  @ParameterizedTest
  @EnumSource
  void wholeVectorsAndSingleElementsGiveTheSameBits(UnaryFunction f) {
    float[] x = arguments();
    float[] vector = new float[x.length];
    float[] single = new float[x.length];
    SIMD.apply(f, Slice.of(x), Slice.of(vector));
    for (int i = 0; i < x.length; i++) {
      SIMD.apply(f, element(x, i), element(single, i));
    }
    assertSameBits(f, x, vector, single);
  }

  @ParameterizedTest
  @EnumSource
  void pullbacksOfVectorsAndSingleElementsGiveTheSameBits(UnaryFunction f) {
    float[] x = arguments();
    int n = x.length;
    float[] y = new float[n];
    SIMD.apply(f, Slice.of(x), Slice.of(y));
    float[] dy = new float[n];
    float[] vector = new float[n];
    float[] single = new float[n];
    for (int i = 0; i < n; i++) {
      dy[i] = (i % 17 - 8) * 0.3f;
      vector[i] = single[i] = i % 5;
    }
    for (boolean accumulate : new boolean[] {true, false}) {
      SIMD.applyPullback(f, Slice.of(x), Slice.of(y), Slice.of(dy), Slice.of(vector), accumulate);
      for (int i = 0; i < n; i++) {
        SIMD.applyPullback(
            f, element(x, i), element(y, i), element(dy, i), element(single, i), accumulate);
      }
      assertSameBits(f, x, vector, single);
    }
  }

  private static Slice element(float[] x, int i) {
    return new Slice(x, i, 1);
  }

  private static void assertSameBits(UnaryFunction f, float[] x, float[] vector, float[] single) {
    for (int i = 0; i < x.length; i++) {
      // Not the raw bits: one NaN is as good as another.
      if (Float.floatToIntBits(vector[i]) != Float.floatToIntBits(single[i])) {
        assertEquals(single[i], vector[i], f + " at " + x[i]);
      }
    }
  }

  /** Also far out, where a factor 0 meets one that is infinite. */
  @ParameterizedTest
  @EnumSource
  void derivativesAreFiniteAndAgree(UnaryFunction f) {
    float[] x = arguments();
    Slice one = Slice.of(1f);
    Slice dx = Slice.allocate(1);
    Slice y = Slice.allocate(1);
    for (int i = 0; i < x.length; i++) {
      y.set(0, (float) ScalarMath.value(f, x[i]));
      SIMD.applyPullback(f, element(x, i), y, one, dx, false);
      double exact = ScalarMath.pullback(f, x[i], y.get(0), 1);
      float rounded = (float) exact;
      if (Float.isNaN(rounded) || Float.isInfinite(rounded)) {
        assertEquals(rounded, dx.get(0), f + " at " + x[i]);
      } else {
        double tolerance = 0x1p-21 * Math.max(1, Math.abs(exact));
        assertEquals(exact, dx.get(0), tolerance, f + " at " + x[i]);
      }
    }
  }

  /** Against central differences of the function in double, h = 1e-6, at x in [−7, 7]. */
  @ParameterizedTest
  @EnumSource
  void pullbacksAreTheDerivatives(UnaryFunction f) {
    boolean positive = f == UnaryFunction.LOG || f == UnaryFunction.SQRT;
    int n = 1001;
    float[] x = new float[n];
    float[] y = new float[n];
    float[] dy = new float[n];
    float[] dx = new float[n];
    for (int i = 0; i < n; i++) {
      x[i] = (positive ? 0.1f : -7f) + i * 0.01398f;
      dy[i] = 1.5f - 0.003f * i;
      dx[i] = 2f;
    }
    SIMD.apply(f, Slice.of(x), Slice.of(y));
    SIMD.applyPullback(f, Slice.of(x), Slice.of(y), Slice.of(dy), Slice.of(dx), true);
    double h = 1e-6;
    for (int i = 0; i < n; i++) {
      double slope = (ScalarMath.value(f, x[i] + h) - ScalarMath.value(f, x[i] - h)) / (2 * h);
      double expected = 2 + dy[i] * slope;
      double tolerance = 1e-6 * (3 + Math.abs(dy[i] * slope));
      assertEquals(expected, dx[i], tolerance, f + " at " + x[i]);
    }
  }
}
