package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.Noise;
import java.util.ArrayList;
import java.util.List;

/** The networks of the papers, by name. */
public final class Networks {

  private Networks() {}

  /**
   * A multi-layer perceptron: dense layers with an activation after each but the last.
   *
   * @param input shape of one example; flattened if it is no vector
   * @param hidden sizes of the hidden layers, in order; may be empty (then the model is linear)
   * @param outputs size of the last layer
   * @param activation after each hidden layer
   */
  public static Network mlp(Shape input, int[] hidden, int outputs, UnaryFunction activation) {
    List<Layer> layers = new ArrayList<>();
    if (input.rank() != 1) {
      layers.add(new Flatten());
    }
    int inputs = input.size();
    for (int i = 0; i < hidden.length; i++) {
      layers.add(new Dense("layer" + (i + 1), inputs, hidden[i]));
      layers.add(new Activation(activation));
      inputs = hidden[i];
    }
    layers.add(new Dense("layer" + (hidden.length + 1), inputs, outputs));
    return new Network("mlp", input, layers);
  }

  /**
   * The same network with a place for noise behind each activation of a layer with parameters: on
   * the units of dense layers, on the filters of convolutions.
   */
  public static Network withNoise(Network network) {
    List<Layer> layers = new ArrayList<>();
    Shape shape = network.input();
    String last = null;
    for (Layer layer : network.layers()) {
      shape = layer.outputShape(shape);
      layers.add(layer);
      if (!layer.parameters().isEmpty()) {
        last = layer.parameters().getLast().layer();
      } else if (layer instanceof Activation && last != null) {
        layers.add(new Noise(last, shape.extent(0), 0));
        last = null;
      }
    }
    return new Network(network.name(), network.input(), layers);
  }
}
