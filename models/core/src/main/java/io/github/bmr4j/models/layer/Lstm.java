package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.RecurrentOperations.Gate;
import java.util.List;

/**
 * A long short-term memory (Hochreiter and Schmidhuber 1997, with forget gate) over a sequence, of
 * which the last state is the output: c′ = f c + i g, h′ = o tanh c′ with i, f, o = σ(W x + U h +
 * b) and g = tanh(W x + U h + b).
 *
 * @param name in files and reports
 * @param steps length of the sequence
 * @param inputs numbers at each step
 * @param units size of the state
 */
public record Lstm(String name, int steps, int inputs, int units) implements Layer {

  /**
   * @throws IllegalArgumentException if a size is below 1
   */
  public Lstm {
    Sequences.requireSizes(name, steps, inputs, units);
  }

  @Override
  public Shape outputShape(Shape input) {
    return Sequences.outputShape(name, steps, inputs, units, input);
  }

  /** For each of input, forget, output and candidate: input weights with bias, recurrent ones. */
  @Override
  public List<ParameterBlock> parameters() {
    return Sequences.blocks(name, inputs, units, "input", "forget", "output", "candidate");
  }

  @Override
  public long multiplyAdds(Shape input) {
    return Sequences.multiplyAdds(steps, parameters());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    RecurrentOperations operations = weights.recurrence();
    List<ParameterBlock> blocks = parameters();
    Gate[] gates = new Gate[4];
    for (int i = 0; i < gates.length; i++) {
      ParameterBlock recurrent = blocks.get(2 * i + 1);
      gates[i] = operations.gate(x, steps, blocks.get(2 * i), recurrent, recurrent);
    }
    Node h = operations.zero(x, units);
    Node c = operations.zero(x, units);
    for (int step = 0; step < steps; step++) {
      Node i = operations.apply(UnaryFunction.SIGMOID, gates[0].at(step, h));
      Node f = operations.apply(UnaryFunction.SIGMOID, gates[1].at(step, h));
      Node o = operations.apply(UnaryFunction.SIGMOID, gates[2].at(step, h));
      Node g = operations.apply(UnaryFunction.TANH, gates[3].at(step, h));
      c = operations.add(operations.multiply(f, c), operations.multiply(i, g));
      h = operations.multiply(o, operations.apply(UnaryFunction.TANH, c));
    }
    return h;
  }
}
