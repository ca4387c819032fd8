package io.github.bmr4j.models.compact;

import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.SparsePattern;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Dense;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A fully connected layer, of which a weight is live if it is not 0 in some set. */
final class DenseUnits implements LayerUnits {

  private final Dense layer;

  /** For each set the block: weights [outputs, inputs], then biases. */
  private final List<float[]> sets;

  private final boolean[] live;

  DenseUnits(Dense layer, List<float[]> sets) {
    this.layer = layer;
    this.sets = sets;
    live = new boolean[layer.outputs() * layer.inputs()];
    for (float[] block : sets) {
      for (int i = 0; i < live.length; i++) {
        live[i] |= block[i] != 0;
      }
    }
  }

  private boolean isLive(int output, int input) {
    return live[output * layer.inputs() + input];
  }

  @Override
  public UnitValues outputs(UnitValues inputs) {
    UnitValues outputs = UnitValues.varying(layer.outputs(), sets.size());
    for (int i = 0; i < layer.outputs(); i++) {
      boolean constant = true;
      for (int j = 0; j < layer.inputs() && constant; j++) {
        constant = !isLive(i, j) || inputs.constant()[j];
      }
      outputs.constant()[i] = constant;
      for (int set = 0; set < sets.size() && constant; set++) {
        outputs.values()[set][i] = bias(set, i, inputs);
      }
    }
    return outputs;
  }

  /** An output's bias with what constant inputs add to it. */
  private float bias(int set, int output, UnitValues inputs) {
    float[] block = sets.get(set);
    double sum = block[live.length + output];
    for (int j = 0; j < layer.inputs(); j++) {
      if (isLive(output, j) && inputs.constant()[j]) {
        sum += (double) block[output * layer.inputs() + j] * inputs.values()[set][j];
      }
    }
    return (float) sum;
  }

  @Override
  public boolean[] needed(UnitValues inputs, boolean[] outputs) {
    boolean[] needed = new boolean[layer.inputs()];
    for (int i = 0; i < layer.outputs(); i++) {
      for (int j = 0; j < layer.inputs() && outputs[i]; j++) {
        needed[j] |= isLive(i, j) && !inputs.constant()[j];
      }
    }
    return needed;
  }

  @Override
  public void append(
      UnitValues inputs, boolean[] keptInputs, boolean[] keptOutputs, List<CompactLayer> chain) {
    int rows = LayerUnits.count(keptOutputs);
    int columns = LayerUnits.count(keptInputs);
    int[] starts = new int[rows + 1];
    int[] indices = new int[LayerUnits.count(live)];
    int[] from = new int[indices.length];
    int count = 0;
    int row = 0;
    for (int i = 0; i < layer.outputs(); i++) {
      int column = 0;
      for (int j = 0; j < layer.inputs() && keptOutputs[i]; j++) {
        if (keptInputs[j] && isLive(i, j)) {
          indices[count] = column;
          from[count] = i * layer.inputs() + j;
          count++;
        }
        column += keptInputs[j] ? 1 : 0;
      }
      if (keptOutputs[i]) {
        row++;
        starts[row] = count;
      }
    }
    List<Slice> weights = new ArrayList<>();
    List<Slice> biases = new ArrayList<>();
    for (int set = 0; set < sets.size(); set++) {
      weights.add(weights(sets.get(set), from, count));
      biases.add(biases(set, keptOutputs, rows, inputs));
    }
    chain.add(
        new CompactLayer(
            layer.name(),
            SparsePattern.of(rows, columns, starts, Arrays.copyOf(indices, count)),
            weights,
            biases,
            UnaryFunction.IDENTITY));
  }

  private static Slice weights(float[] block, int[] from, int count) {
    Slice weights = Slice.allocate(count);
    for (int p = 0; p < count; p++) {
      weights.set(p, block[from[p]]);
    }
    return weights;
  }

  private Slice biases(int set, boolean[] keptOutputs, int rows, UnitValues inputs) {
    Slice biases = Slice.allocate(rows);
    int row = 0;
    for (int i = 0; i < layer.outputs(); i++) {
      if (keptOutputs[i]) {
        biases.set(row, bias(set, i, inputs));
        row++;
      }
    }
    return biases;
  }
}
