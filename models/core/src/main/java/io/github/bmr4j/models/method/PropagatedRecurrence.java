package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Columns;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.MomentApply;
import io.github.bmr4j.engine.autodiff.MomentLinear;
import io.github.bmr4j.engine.autodiff.MomentMix;
import io.github.bmr4j.engine.autodiff.MomentProduct;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.distribution.ActivationMoments;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Moments;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.RecurrentOperations;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;

/** Recurrent cells under variance backpropagation: all operations on packed moments. */
final class PropagatedRecurrence implements RecurrentOperations {

  private final Function<ParameterBlock, MeanFieldNormal> latents;
  private final Function<UnaryFunction, ActivationMoments> functions;
  private final boolean published;
  private final Map<ParameterBlock, Moments> moments = new HashMap<>();

  /**
   * @param published whether the cell's variances are those of the published code
   */
  PropagatedRecurrence(
      Function<ParameterBlock, MeanFieldNormal> latents,
      Function<UnaryFunction, ActivationMoments> functions,
      boolean published) {
    this.latents = latents;
    this.functions = functions;
    this.published = published;
  }

  private Moments moments(ParameterBlock block) {
    return moments.computeIfAbsent(block, b -> latents.apply(b).moments(null));
  }

  @Override
  public Gate gate(
      Node x,
      int steps,
      ParameterBlock input,
      ParameterBlock recurrent,
      ParameterBlock publishedSquares) {
    int units = input.rows();
    int rows = x.shape().extent(0);
    Moments inputs = moments(input);
    Shape weights = Shape.of(units, input.columns());
    Shape bias = Shape.of(units);
    Node sums =
        new MomentLinear(
            View.reshape(x, Shape.of(rows * steps, input.columns())),
            inputs.means(0, weights),
            inputs.variances(0, weights),
            inputs.means(weights.size(), bias),
            inputs.variances(weights.size(), bias));
    Node all = View.reshape(sums, Shape.of(rows, steps * units));
    Shape square = Shape.of(units, units);
    Node means = moments(recurrent).means(0, square);
    Node variances = moments(recurrent).variances(0, square);
    Node squares =
        published && !publishedSquares.equals(recurrent)
            ? moments(publishedSquares).means(0, square)
            : means;
    return (step, state) ->
        new Add(
            new Columns(all, step * units, units),
            new MomentLinear(state, means, variances, squares, null, null));
  }

  @Override
  public Node zero(Node x, int units) {
    return new Input(Shape.of(x.shape().extent(0), units));
  }

  @Override
  public Node apply(UnaryFunction f, Node a) {
    return new MomentApply(functions.apply(f), a);
  }

  @Override
  public Node multiply(Node a, Node b) {
    return new MomentProduct(a, b);
  }

  @Override
  public Node reset(Node r, Node h) {
    return new MomentProduct(r, h, published);
  }

  @Override
  public Node add(Node a, Node b) {
    return new Add(a, b);
  }

  @Override
  public Node mix(Node u, Node a, Node b) {
    return new MomentMix(u, a, b, published);
  }
}
