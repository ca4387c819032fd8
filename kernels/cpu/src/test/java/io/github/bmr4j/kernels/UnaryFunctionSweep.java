package io.github.bmr4j.kernels;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * The largest error of functions over the whole range of float, and whether the scalar twins have
 * the same bits. {@link UnaryFunctionsTest} tries a part of all floats; {@link #main} tries them
 * all, some minutes a function:
 *
 * <pre>
 * java --add-modules jdk.incubator.vector -cp kernels/cpu/target/classes:kernels/cpu/target/test-classes \
 *   io.github.bmr4j.kernels.UnaryFunctionSweep SIN COS
 * </pre>
 */
final class UnaryFunctionSweep {

  private static final int BLOCK = 1 << 14;

  /**
   * The largest error among some arguments.
   *
   * @param ulps in units in the last place of the result, or of {@link #floor} where that is
   *     larger; infinite where a special result is wrong or the scalar twin differs
   * @param at its argument
   */
  record Worst(double ulps, float at) {
    Worst or(Worst other) {
      return ulps >= other.ulps ? this : other;
    }
  }

  private UnaryFunctionSweep() {}

  /**
   * Sweeps over all floats, or over every n-th after the argument {@code every=n}; the other
   * arguments are functions, none for all.
   */
  public static void main(String[] arguments) {
    int every = 1;
    List<UnaryFunction> functions = new ArrayList<>();
    for (String argument : arguments) {
      if (argument.startsWith("every=")) {
        every = Integer.parseInt(argument.substring("every=".length()));
      } else {
        functions.add(UnaryFunction.valueOf(argument));
      }
    }
    if (functions.isEmpty()) {
      functions.addAll(List.of(UnaryFunction.values()));
    }
    int stride = every;
    for (UnaryFunction f : functions) {
      int blocks = (int) Math.ceilDiv(1L << 32, (long) stride * BLOCK);
      Worst worst =
          IntStream.range(0, blocks)
              .parallel()
              .mapToObj(block -> ofBlock(f, block, stride))
              .reduce(new Worst(0, 0), Worst::or);
      System.out.printf("%-10s %.3f ulp at %s%n", f, worst.ulps, worst.at);
    }
  }

  private static Worst ofBlock(UnaryFunction f, int block, int stride) {
    float[] x = new float[BLOCK];
    for (int i = 0; i < BLOCK; i++) {
      x[i] = Float.intBitsToFloat((block * BLOCK + i) * stride);
    }
    return worst(f, x);
  }

  /** The largest error of the SIMD kernels. */
  static Worst worst(UnaryFunction f, float[] x) {
    float[] y = new float[x.length];
    SimdUnary.apply(f, x, 0, y, 0, x.length);
    Worst worst = new Worst(0, 0);
    for (int i = 0; i < x.length; i++) {
      double error = error(f, x[i], y[i]);
      if (error > worst.ulps) {
        worst = new Worst(error, x[i]);
      }
    }
    return worst;
  }

  private static double error(UnaryFunction f, float x, float y) {
    if (Float.floatToIntBits(twin(f, x)) != Float.floatToIntBits(y)) {
      return Double.POSITIVE_INFINITY;
    }
    double exact = ScalarMath.value(f, x);
    float rounded = (float) exact;
    if (Float.isNaN(rounded) || Float.isInfinite(rounded) || !Float.isFinite(y)) {
      boolean overflowsEarly = exact >= Float.MAX_VALUE * (1 - 0x1p-22) && y > 0;
      return Float.compare(rounded, y) == 0 || overflowsEarly ? 0 : Double.POSITIVE_INFINITY;
    }
    return Math.abs(y - exact) / Math.ulp(Math.max(Math.abs(rounded), floor(f)));
  }

  /** Results below this may be off by as many units of this one's last place. */
  private static float floor(UnaryFunction f) {
    return switch (f) {
      case SWISH, GELU, GELU_TANH -> 0x1p-20f;
      default -> Float.MIN_VALUE;
    };
  }

  /** The function in plain float arithmetic. */
  private static float twin(UnaryFunction f, float x) {
    return switch (f) {
      case IDENTITY -> x;
      case RELU -> x <= 0f ? 0f : x;
      case SQUARE -> x * x;
      case SQRT -> (float) Math.sqrt(x);
      case EXP -> FloatMath.exp(x);
      case LOG -> FloatMath.log(x);
      case TANH -> FloatMath.tanh(x);
      case SIGMOID -> FloatMath.sigmoid(x);
      case SOFTPLUS -> FloatMath.softplus(x);
      case SWISH -> FloatMath.swish(x);
      case GELU -> FloatMath.gelu(x);
      case GELU_TANH -> FloatMath.geluTanh(x);
      case ERF -> FloatMath.erf(x);
      case SIN -> FloatMath.sin(x);
      case COS -> FloatMath.cos(x);
    };
  }
}
