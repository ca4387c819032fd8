package io.github.bmr4j.engine.distribution;

/** Checks of scalar arguments, with messages that say what was wrong and where. */
final class Arguments {

  private Arguments() {}

  /** Throws unless the value is positive and finite. */
  static void positive(String where, String name, double value) {
    if (!(value > 0 && value < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          where + " needs " + name + " positive and finite, but " + name + " = " + value);
    }
  }

  /** Throws unless the value is finite. */
  static void finite(String where, String name, double value) {
    if (!Double.isFinite(value)) {
      throw new IllegalArgumentException(
          where + " needs " + name + " finite, but " + name + " = " + value);
    }
  }
}
