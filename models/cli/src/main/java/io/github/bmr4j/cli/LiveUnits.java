package io.github.bmr4j.cli;

import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import io.github.bmr4j.models.pruning.ModelReduction.Reason;

/** Counts the units of a layer that pruning has left anything to do. */
final class LiveUnits {

  private LiveUnits() {}

  /** Number of output units with at least one weight or a bias in the model. */
  static int of(Decisions layer) {
    ParameterBlock block = layer.block();
    int live = 0;
    for (int unit = 0; unit < block.rows(); unit++) {
      boolean kept = block.bias() && isKept(layer, block.rows() * block.columns() + unit);
      for (int j = 0; j < block.columns() && !kept; j++) {
        kept = isKept(layer, unit * block.columns() + j);
      }
      live += kept ? 1 : 0;
    }
    return live;
  }

  private static boolean isKept(Decisions layer, int i) {
    return layer.reason()[i] == Reason.KEPT.code();
  }
}
