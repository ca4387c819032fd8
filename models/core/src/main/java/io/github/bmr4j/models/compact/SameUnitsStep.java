package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Layer;

/**
 * A layer without parameters that does the same to each unit: activation, pooling, flatten, choice
 * of a token.
 */
final class SameUnitsStep extends UnitStep {

  private final Layer layer;

  /** Whether factors of units that are not negative may as well come behind it. */
  private final boolean homogeneous;

  private final int elements;

  /**
   * @param layer as it is
   * @param homogeneous whether f(c x) = c f(x) for c ≥ 0
   * @param elements that a unit becomes units of its own by, when it flattens
   * @param in what comes in
   * @param out what goes out
   */
  SameUnitsStep(Layer layer, boolean homogeneous, int elements, UnitPlace in, UnitPlace out) {
    super(in, out);
    this.layer = layer;
    this.homogeneous = homogeneous;
    this.elements = elements;
  }

  @Override
  void append(CompactBuilder builder) {
    if (!homogeneous) {
      builder.requireNoneWaiting(layer);
    }
    builder.add(layer);
    builder.repeat(elements);
  }
}
