package io.github.bmr4j.models.compact;

import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/** A function of each unit. */
final class ElementwiseUnits implements LayerUnits {

  private final UnaryFunction function;
  private final Compaction compaction;

  ElementwiseUnits(UnaryFunction function, Compaction compaction) {
    this.function = function;
    this.compaction = compaction;
  }

  @Override
  public UnitValues outputs(UnitValues inputs) {
    float[][] values = new float[inputs.values().length][];
    for (int set = 0; set < values.length; set++) {
      values[set] = compaction.apply(function, inputs.values()[set]);
    }
    return new UnitValues(inputs.constant(), values);
  }

  @Override
  public boolean[] needed(UnitValues inputs, boolean[] outputs) {
    return outputs;
  }

  /** Becomes the activation of the linear layer before it, or of one that copies its inputs. */
  @Override
  public void append(
      UnitValues inputs, boolean[] keptInputs, boolean[] keptOutputs, List<CompactLayer> chain) {
    CompactLayer last = chain.isEmpty() ? null : chain.removeLast();
    if (last == null || last.activation() != UnaryFunction.IDENTITY) {
      if (last != null) {
        chain.add(last);
      }
      last = identity(LayerUnits.count(keptInputs), inputs.values().length);
    }
    chain.add(
        new CompactLayer(last.name(), last.pattern(), last.weights(), last.biases(), function));
  }

  private CompactLayer identity(int units, int sets) {
    float[] ones = new float[units];
    Arrays.fill(ones, 1);
    return new CompactLayer(
        function.toString(),
        SparsePattern.of(
            units,
            units,
            IntStream.rangeClosed(0, units).toArray(),
            IntStream.range(0, units).toArray()),
        new ArrayList<>(Collections.nCopies(sets, Slice.of(ones))),
        new ArrayList<>(Collections.nCopies(sets, Slice.allocate(units))),
        UnaryFunction.IDENTITY);
  }
}
