package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Layer;
import java.util.Map;

/** A layer that needs all its units, and stays as it is: each unit's result depends on all. */
final class FixedStep extends UnitStep {

  private final Layer layer;
  private final Map<String, float[]> weights;

  FixedStep(Layer layer, Map<String, float[]> weights, UnitPlace in, UnitPlace out) {
    super(in, out);
    this.layer = layer;
    this.weights = weights;
  }

  @Override
  boolean keepNeeded() {
    boolean news = in().group().keepAll();
    return out().group().keepAll() || news;
  }

  @Override
  void append(CompactBuilder builder) {
    builder.requireNoneWaiting(layer);
    builder.add(layer);
    layer
        .parameters()
        .forEach(block -> builder.put(block.layer(), weights.get(block.layer()).clone()));
  }
}
