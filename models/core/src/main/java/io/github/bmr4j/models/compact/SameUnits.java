package io.github.bmr4j.models.compact;

import java.util.List;

/** A layer that only sees its units in another shape. */
final class SameUnits implements LayerUnits {

  @Override
  public UnitValues outputs(UnitValues inputs) {
    return inputs;
  }

  @Override
  public boolean[] needed(UnitValues inputs, boolean[] outputs) {
    return outputs;
  }

  @Override
  public void append(
      UnitValues inputs, boolean[] keptInputs, boolean[] keptOutputs, List<CompactLayer> chain) {}
}
