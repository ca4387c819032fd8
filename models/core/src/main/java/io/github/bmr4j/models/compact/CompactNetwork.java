package io.github.bmr4j.models.compact;

import java.util.List;
import java.util.stream.IntStream;

/**
 * A network that only predicts: what pruning has left of a larger one. Immutable; run by {@link
 * CompactPrediction}, made by {@link Compaction}, kept in files by {@link CompactFiles}.
 *
 * @param inputs features of an example as the original network takes it
 * @param selectedInputs which of them are used, ascending
 * @param layers at least one; the first takes the selected inputs
 */
public record CompactNetwork(int inputs, List<Integer> selectedInputs, List<CompactLayer> layers) {

  /**
   * Checks that the layers fit.
   *
   * @throws IllegalArgumentException if they do not, or the selection is none
   */
  public CompactNetwork {
    selectedInputs = List.copyOf(selectedInputs);
    layers = List.copyOf(layers);
    if (layers.isEmpty()) {
      throw new IllegalArgumentException("A compact network needs at least 1 layer, but has none");
    }
    int least = 0;
    for (int input : selectedInputs) {
      if (input < least || input >= inputs) {
        throw new IllegalArgumentException(
            "The selected inputs must ascend and be below "
                + inputs
                + ", but after "
                + (least - 1)
                + " comes "
                + input);
      }
      least = input + 1;
    }
    int width = selectedInputs.size();
    for (CompactLayer layer : layers) {
      if (layer.inputs() != width || layer.weights().size() != layers.get(0).weights().size()) {
        throw new IllegalArgumentException(
            "Layer "
                + layer.name()
                + " takes "
                + layer.inputs()
                + " inputs and has "
                + layer.weights().size()
                + " sets of weights, but gets "
                + width
                + " inputs and the first layer has "
                + layers.get(0).weights().size()
                + " sets");
      }
      width = layer.outputs();
    }
  }

  /** Outputs: classes, if it classifies. */
  public int outputs() {
    return layers.get(layers.size() - 1).outputs();
  }

  /** Posterior samples, beside the mean. */
  public int samples() {
    return layers.get(0).weights().size() - 1;
  }

  /** Parameters and multiply-adds of the whole, and the bytes of one set of weights. */
  public ModelCost cost() {
    long parameters = 0;
    long multiplyAdds = 0;
    long bytes = selectedInputs.size() < inputs ? 4L * selectedInputs.size() : 0;
    for (CompactLayer layer : layers) {
      ModelCost cost = layer.cost();
      parameters += cost.parameters();
      multiplyAdds += cost.multiplyAdds();
      bytes += cost.bytes();
    }
    return new ModelCost(parameters, multiplyAdds, bytes);
  }

  /** Units of each layer, inputs first. */
  public List<Integer> units() {
    return IntStream.concat(
            IntStream.of(selectedInputs.size()), layers.stream().mapToInt(CompactLayer::outputs))
        .boxed()
        .toList();
  }
}
