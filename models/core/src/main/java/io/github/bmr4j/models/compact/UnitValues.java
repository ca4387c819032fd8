package io.github.bmr4j.models.compact;

/**
 * Which units of a layer have the same value for every input, and which value.
 *
 * @param constant whether, a unit each
 * @param values for each set of weights and each unit; means nothing where the unit is not constant
 */
record UnitValues(boolean[] constant, float[][] values) {

  /** Units that may all vary. */
  static UnitValues varying(int units, int sets) {
    return new UnitValues(new boolean[units], new float[sets][units]);
  }
}
