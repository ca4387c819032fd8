package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import java.util.List;

/**
 * How the inputs and outputs of one layer map to units, for {@link Compaction}: which outputs are
 * constant, which inputs some output needs, and what is left when the others are gone. A new kind
 * of layer is compacted by implementing this.
 */
interface LayerUnits {

  /** Which outputs are constant, given which inputs are. */
  UnitValues outputs(UnitValues inputs);

  /**
   * Which inputs are needed.
   *
   * @param inputs constant ones are never needed
   * @param outputs which outputs are needed; those are computed even if they are constant
   */
  boolean[] needed(UnitValues inputs, boolean[] outputs);

  /**
   * Adds what is left to the chain.
   *
   * @param inputs constant ones become part of biases
   * @param keptInputs those that the chain so far ends with
   * @param keptOutputs those that it is to end with
   * @param chain the compacted layers so far
   */
  void append(
      UnitValues inputs, boolean[] keptInputs, boolean[] keptOutputs, List<CompactLayer> chain);

  /**
   * The units of a layer.
   *
   * @param compaction has weights and arithmetic
   * @throws IllegalArgumentException for a layer that cannot be compacted yet
   */
  static LayerUnits of(Layer layer, Compaction compaction) {
    return switch (layer) {
      case Dense dense -> new DenseUnits(dense, compaction.weights(dense.name()));
      case Activation activation -> new ElementwiseUnits(activation.function(), compaction);
      case Flatten _ -> new SameUnits();
      default ->
          throw new IllegalArgumentException(
              "A network with the layer "
                  + layer
                  + " cannot be compacted: only Dense, Activation and Flatten can; use the"
                  + " posterior as it is");
    };
  }

  /** Whether {@link #of} knows the kind of layer. */
  static boolean isKnown(Layer layer) {
    return layer instanceof Dense || layer instanceof Activation || layer instanceof Flatten;
  }

  /** How many are true. */
  static int count(boolean[] units) {
    int count = 0;
    for (boolean unit : units) {
      count += unit ? 1 : 0;
    }
    return count;
  }
}
