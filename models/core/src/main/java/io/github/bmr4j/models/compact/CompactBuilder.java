package io.github.bmr4j.models.compact;

import io.github.bmr4j.models.layer.Layer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The layers and parameters of a compact network as they come, and the factors that wait for a
 * layer to take them in: factors go into the weights of the linear layer in front if there is
 * nothing between, else of the next one behind.
 */
final class CompactBuilder {

  private final List<Layer> layers = new ArrayList<>();
  private final Map<String, float[]> weights;

  /** The rows of the last layer, while an affine function of its units may still change them. */
  private LinearRows rows;

  /** What the units to stay are to be multiplied with; null if there is nothing to. */
  private float[] waiting;

  CompactBuilder() {
    this(new LinkedHashMap<>());
  }

  private CompactBuilder(Map<String, float[]> weights) {
    this.weights = weights;
  }

  /** For layers inside a layer; parameters come together. */
  CompactBuilder inner() {
    return new CompactBuilder(weights);
  }

  /** Adds a layer without parameters, or with those given under the names of its blocks. */
  void add(Layer layer) {
    layers.add(layer);
    rows = null;
  }

  /** Adds a linear layer; its rows may change until the next layer comes. */
  void addLinear(Layer layer, LinearRows linear) {
    add(layer);
    weights.put(linear.name(), linear.block());
    rows = linear;
  }

  /** Parameters of a block. */
  void put(String name, float[] block) {
    weights.put(name, block);
  }

  /** The rows of the layer that was added last, or null if it is not linear. */
  LinearRows rows() {
    return waiting == null ? rows : null;
  }

  /** Multiplies units that come next, some of which may have a factor waiting. */
  void multiply(float[] factors) {
    if (waiting == null) {
      waiting = factors;
      return;
    }
    for (int i = 0; i < factors.length; i++) {
      waiting[i] *= factors[i];
    }
  }

  /** The same factors, for a value in which each unit has become several. */
  void repeat(int elements) {
    if (waiting == null) {
      return;
    }
    float[] each = new float[waiting.length * elements];
    for (int i = 0; i < each.length; i++) {
      each[i] = waiting[i / elements];
    }
    waiting = each;
  }

  /** The factors of a layer that takes them in; null for none. */
  float[] takeWaiting() {
    float[] factors = waiting;
    waiting = null;
    return factors;
  }

  /**
   * Refuses a layer behind noise that it cannot be exchanged with.
   *
   * @throws IllegalArgumentException if factors wait
   */
  void requireNoneWaiting(Object layer) {
    if (waiting != null) {
      throw new IllegalArgumentException(
          "The noise in front of "
              + layer
              + " cannot go into the weights of another layer; put it behind a linear layer, or"
              + " an activation that a linear layer follows");
    }
  }

  List<Layer> layers() {
    return layers;
  }

  Map<String, float[]> weights() {
    return weights;
  }
}
