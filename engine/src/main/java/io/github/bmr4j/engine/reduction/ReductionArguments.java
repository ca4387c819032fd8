package io.github.bmr4j.engine.reduction;

import java.util.Arrays;

/** Checks of arguments, with messages that say what was wrong and where. */
final class ReductionArguments {

  private ReductionArguments() {}

  /** Throws unless the value is positive and finite. */
  static void positive(String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + " must be positive and finite, but is " + value);
    }
  }

  /** Throws unless the value is zero or positive, and finite. */
  static void notNegative(String name, double value) {
    if (!(value >= 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          name + " must be zero or positive, and finite, but is " + value);
    }
  }

  /** Throws unless the value is finite. */
  static void finite(String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(name + " must be finite, but is " + value);
    }
  }

  /** Throws unless every value is positive and finite. */
  static void positive(String name, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] > 0 && values[i] < Double.POSITIVE_INFINITY)) {
        positive(name + "[" + i + "]", values[i]);
      }
    }
  }

  /** Throws unless every value is zero or positive, and finite. */
  static void notNegative(String name, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!(values[i] >= 0 && values[i] < Double.POSITIVE_INFINITY)) {
        notNegative(name + "[" + i + "]", values[i]);
      }
    }
  }

  /** Throws unless every value is finite. */
  static void finite(String name, double[] values) {
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        finite(name + "[" + i + "]", values[i]);
      }
    }
  }

  /** Throws unless the array has the expected length. */
  static void length(String name, int actual, int expected) {
    if (actual != expected) {
      throw new IllegalArgumentException(
          name + " must have " + expected + " values, but has " + actual);
    }
  }

  /** An array of one value repeated. */
  static double[] repeated(double value, int length) {
    double[] values = new double[length];
    Arrays.fill(values, value);
    return values;
  }
}
