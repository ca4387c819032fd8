package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.RecurrentOperations.Gate;
import java.util.List;

/**
 * A gated recurrent unit (Cho et al. 2014) over a sequence, of which the last state is the output:
 * r = σ(W_r x + U_r h + b_r), u likewise, c = tanh(W_c x + U_c (r h) + b_c), h′ = u h + (1 − u) c.
 *
 * @param name in files and reports
 * @param steps length of the sequence
 * @param inputs numbers at each step
 * @param units size of the state
 */
public record Gru(String name, int steps, int inputs, int units) implements Layer {

  /**
   * @throws IllegalArgumentException if a size is below 1
   */
  public Gru {
    Sequences.requireSizes(name, steps, inputs, units);
  }

  @Override
  public Shape outputShape(Shape input) {
    return Sequences.outputShape(name, steps, inputs, units, input);
  }

  /** For each of reset, update and candidate: input weights with bias, then recurrent ones. */
  @Override
  public List<ParameterBlock> parameters() {
    return Sequences.blocks(name, inputs, units, "reset", "update", "candidate");
  }

  @Override
  public long multiplyAdds(Shape input) {
    return Sequences.multiplyAdds(steps, parameters());
  }

  @Override
  public Node forward(Node x, WeightSource weights) {
    RecurrentOperations operations = weights.recurrence();
    List<ParameterBlock> blocks = parameters();
    Gate reset = operations.gate(x, steps, blocks.get(0), blocks.get(1), blocks.get(1));
    Gate update = operations.gate(x, steps, blocks.get(2), blocks.get(3), blocks.get(1));
    Gate candidate = operations.gate(x, steps, blocks.get(4), blocks.get(5), blocks.get(5));
    Node h = operations.zero(x, units);
    for (int step = 0; step < steps; step++) {
      Node r = operations.apply(UnaryFunction.SIGMOID, reset.at(step, h));
      Node u = operations.apply(UnaryFunction.SIGMOID, update.at(step, h));
      Node seen = candidate.at(step, operations.reset(r, h));
      h = operations.mix(u, h, operations.apply(UnaryFunction.TANH, seen));
    }
    return h;
  }
}
