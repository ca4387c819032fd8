package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Columns;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;

/** The operations on values, with weights from a source. */
public class SampledRecurrence implements RecurrentOperations {

  private final WeightSource source;

  /**
   * @param source of the weights, asked once for each block
   */
  public SampledRecurrence(WeightSource source) {
    this.source = source;
  }

  @Override
  public Gate gate(
      Node x,
      int steps,
      ParameterBlock input,
      ParameterBlock recurrent,
      ParameterBlock publishedSquares) {
    Node inputs = source.weights(input);
    Node states = recurrent.weights(source.weights(recurrent));
    Node sums = allSteps(x, steps, input.weights(inputs), input.biases(inputs));
    return (step, state) -> new Add(step(sums, step, input.rows()), new Linear(state, states));
  }

  /** W x_t + b for all steps at once: [batch, steps · units]. */
  protected static Node allSteps(Node x, int steps, Node weights, Node bias) {
    int batch = x.shape().extent(0);
    Node rows =
        View.reshape(x, Shape.of(batch * steps, batch == 0 ? 0 : x.shape().size() / batch / steps));
    Node sums = new Linear(rows, weights, bias);
    return View.reshape(sums, Shape.of(batch, steps * weights.shape().extent(0)));
  }

  /** The part of one step. */
  protected static Node step(Node sums, int step, int units) {
    return new Columns(sums, step * units, units);
  }

  @Override
  public Node zero(Node x, int units) {
    return new Input(Shape.of(x.shape().extent(0), units));
  }

  @Override
  public Node apply(UnaryFunction f, Node a) {
    return new Apply(f, a);
  }

  @Override
  public Node multiply(Node a, Node b) {
    return new Multiply(a, b);
  }

  @Override
  public Node add(Node a, Node b) {
    return new Add(a, b);
  }

  @Override
  public Node mix(Node u, Node a, Node b) {
    return new Add(b, new Multiply(u, new Add(a, new Scale(-1, b))));
  }
}
