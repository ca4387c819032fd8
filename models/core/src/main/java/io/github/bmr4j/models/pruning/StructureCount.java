package io.github.bmr4j.models.pruning;

import java.util.List;

/**
 * How many parameters of a chain of layers leave with pruned structures, by two measures.
 *
 * <p>{@link #published} is that of the tables of Wright, Igel and Selvan (2024): it counts weights
 * and the parameters of the noise, but no biases, and misses the columns behind a flattened
 * convolution. {@link #compact} is what a network without the structures is smaller by.
 */
public final class StructureCount {

  /**
   * A layer.
   *
   * @param outputs units or filters
   * @param inputs units or channels
   * @param area weights of each pair of input and output: 1, or the extent of a filter
   * @param bias whether each output has one
   * @param structures noise on the outputs: as many as outputs, or 0
   */
  public record Layer(int outputs, int inputs, int area, boolean bias, int structures) {

    /**
     * @throws IllegalArgumentException if there is noise on a part of the outputs only
     */
    public Layer {
      if (structures != 0 && structures != outputs) {
        throw new IllegalArgumentException(
            "A layer of "
                + outputs
                + " outputs has noise on all or none of them, but on "
                + structures);
      }
    }

    long weights() {
      return (long) outputs * inputs * area;
    }
  }

  /**
   * A count.
   *
   * @param removed parameters
   * @param total parameters
   */
  public record Count(long removed, long total) {

    /** Share of the parameters that left. */
    public double fraction() {
      return total == 0 ? 0 : (double) removed / total;
    }
  }

  private StructureCount() {}

  /**
   * The paper's measure: weights into and out of pruned structures, and two parameters of the noise
   * for each, of all parameters with those of the noise. Columns count where the next layer has as
   * many inputs as there are structures.
   *
   * @param layers from input to output
   * @param kept for each layer with noise, in order, which structures stay
   */
  public static Count published(List<Layer> layers, List<boolean[]> kept) {
    long removed = 0;
    long total = 0;
    int prunedBefore = 0;
    int structuresBefore = 0;
    int next = 0;
    for (Layer layer : layers) {
      int pruned = layer.structures() == 0 ? 0 : pruned(layer, kept.get(next++));
      int columns = structuresBefore == layer.inputs() ? prunedBefore : 0;
      long rows = (long) pruned * layer.inputs();
      long others = (long) columns * (layer.outputs() - pruned);
      removed += (rows + others) * layer.area() + 2L * pruned;
      total += layer.weights() + (layer.bias() ? layer.outputs() : 0) + 2L * layer.structures();
      prunedBefore = pruned;
      structuresBefore = layer.structures();
    }
    requireAllUsed(kept, next);
    return new Count(removed, total);
  }

  /**
   * What a network without the pruned structures is smaller by: their weights, biases, and all
   * weights that read them. The noise is no parameter of it, since E[θ] goes into the weights.
   *
   * @param layers from input to output
   * @param kept for each layer with noise, in order, which structures stay
   * @throws IllegalArgumentException if the inputs of a layer are no multiple of the structures
   *     before it
   */
  public static Count compact(List<Layer> layers, List<boolean[]> kept) {
    long total = 0;
    long left = 0;
    int next = 0;
    int structuresBefore = 0;
    int prunedBefore = 0;
    for (Layer layer : layers) {
      int pruned = layer.structures() == 0 ? 0 : pruned(layer, kept.get(next++));
      long inputs = layer.inputs();
      if (structuresBefore > 0) {
        if (layer.inputs() % structuresBefore != 0) {
          throw new IllegalArgumentException(
              "A layer has "
                  + layer.inputs()
                  + " inputs, no multiple of the "
                  + structuresBefore
                  + " structures before it");
        }
        inputs -= (long) layer.inputs() / structuresBefore * prunedBefore;
      }
      int outputs = layer.outputs() - pruned;
      left += inputs * outputs * layer.area() + (layer.bias() ? outputs : 0);
      total += layer.weights() + (layer.bias() ? layer.outputs() : 0);
      prunedBefore = pruned;
      structuresBefore = layer.structures();
    }
    requireAllUsed(kept, next);
    return new Count(total - left, total);
  }

  private static int pruned(Layer layer, boolean[] kept) {
    if (kept.length != layer.structures()) {
      throw new IllegalArgumentException(
          "A layer has " + layer.structures() + " structures, but the mask " + kept.length);
    }
    int pruned = 0;
    for (boolean stays : kept) {
      pruned += stays ? 0 : 1;
    }
    return pruned;
  }

  private static void requireAllUsed(List<boolean[]> kept, int used) {
    if (kept.size() != used) {
      throw new IllegalArgumentException(
          "There are " + used + " layers with noise, but " + kept.size() + " masks");
    }
  }
}
