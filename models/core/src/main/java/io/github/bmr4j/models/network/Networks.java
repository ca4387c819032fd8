package io.github.bmr4j.models.network;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.Lstm;
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
   * A gated recurrent unit over a sequence and a dense layer on its last state.
   *
   * @param cell the recurrent layer
   * @param outputs size of the last layer
   */
  public static Network recurrent(Gru cell, int outputs) {
    return recurrent(cell, cell.steps() * cell.inputs(), cell.units(), outputs);
  }

  /**
   * A long short-term memory over a sequence and a dense layer on its last state.
   *
   * @param cell the recurrent layer
   * @param outputs size of the last layer
   */
  public static Network recurrent(Lstm cell, int outputs) {
    return recurrent(cell, cell.steps() * cell.inputs(), cell.units(), outputs);
  }

  private static Network recurrent(Layer cell, int inputs, int units, int outputs) {
    return new Network(
        "recurrent", Shape.of(inputs), List.of(cell, new Dense("output", units, outputs)));
  }
}
