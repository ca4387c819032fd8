package io.github.bmr4j.models.compact;

/** One layer of the network that is compacted, between two places. */
abstract class UnitStep {

  private final UnitPlace in;
  private final UnitPlace out;

  UnitStep(UnitPlace in, UnitPlace out) {
    this.in = in;
    this.out = out;
  }

  final UnitPlace in() {
    return in;
  }

  final UnitPlace out() {
    return out;
  }

  /**
   * Keeps those units of its input that units to stay of its output are computed from.
   *
   * @return whether one of them was to leave so far
   */
  boolean keepNeeded() {
    return false;
  }

  /** Adds what is left of the layer. */
  abstract void append(CompactBuilder builder);
}
