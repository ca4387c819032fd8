package io.github.bmr4j.models.compact;

import io.github.bmr4j.engine.tensor.Shape;

/**
 * A value between two layers.
 *
 * @param shape of one example
 * @param group its units, along the first axis of images and vectors, the last axis of tokens
 * @param constant which of them no input changes, all elements being equal
 * @param values of the constant ones
 */
record UnitPlace(Shape shape, UnitGroup group, boolean[] constant, float[] values) {

  /** A value of which every unit may vary. */
  static UnitPlace varying(Shape shape, UnitGroup group) {
    return new UnitPlace(shape, group, new boolean[group.count()], new float[group.count()]);
  }

  /** The number of units of a value of this shape. */
  static int units(Shape shape) {
    return shape.extent(shape.rank() == 2 ? 1 : 0);
  }

  /** Whether a unit is 0 for every input. */
  boolean isZero(int unit) {
    return constant[unit] && values[unit] == 0;
  }
}
