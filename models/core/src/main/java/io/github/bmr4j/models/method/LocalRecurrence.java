package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.inference.LocalDraw;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Moments;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.SampledRecurrence;
import java.util.Arrays;
import java.util.function.Function;

/**
 * Recurrent cells under the local reparameterisation of Beckers et al.: a number of noise for each
 * gate's unit, the same at all steps and for all examples of the batch.
 */
final class LocalRecurrence extends SampledRecurrence {

  private final Function<ParameterBlock, MeanFieldNormal> latents;
  private final boolean published;

  /**
   * @param published whether, as in the published code, the variance stands for the standard
   *     deviation, with the biases' deviations not squared, and the candidate sees h in place of r
   *     h
   */
  LocalRecurrence(Function<ParameterBlock, MeanFieldNormal> latents, boolean published) {
    super(
        block -> {
          throw new IllegalStateException("No weights are drawn");
        });
    this.latents = latents;
    this.published = published;
  }

  @Override
  public Gate gate(
      Node x,
      int steps,
      ParameterBlock input,
      ParameterBlock recurrent,
      ParameterBlock publishedSquares) {
    MeanFieldNormal latent = latents.apply(input);
    Moments inputs = latent.moments(null);
    Moments states = latents.apply(recurrent).moments(null);
    int units = input.rows();
    Shape weights = Shape.of(units, input.columns());
    Shape square = Shape.of(units, units);
    Shape bias = Shape.of(units);
    Node means = allSteps(x, steps, inputs.means(0, weights), inputs.means(weights.size(), bias));
    Node biasVariance = inputs.variances(weights.size(), bias);
    Node biasSpread =
        published ? new Apply(UnaryFunction.SQRT, atLeastTiny(biasVariance)) : biasVariance;
    Node spreads =
        allSteps(
            new Apply(UnaryFunction.SQUARE, x), steps, inputs.variances(0, weights), biasSpread);
    Node stateMeans = states.means(0, square);
    Node stateVariances = states.variances(0, square);
    return (step, state) -> {
      Node mean = new Add(step(means, step, units), new Linear(state, stateMeans));
      Node spread =
          new Add(
              step(spreads, step, units),
              new Linear(new Apply(UnaryFunction.SQUARE, state), stateVariances));
      Node variance = published ? new Apply(UnaryFunction.SQUARE, spread) : spread;
      return LocalDraw.shared(mean, variance, latent);
    };
  }

  /** Where a bias has left the model its variance is 0, and the root of that has no slope. */
  private static Node atLeastTiny(Node variance) {
    Tensor tiny = Tensor.allocate(variance.shape());
    Arrays.fill(tiny.slice().array(), 1e-20f);
    return new Add(variance, new Input(tiny));
  }

  @Override
  public Node reset(Node r, Node h) {
    return published ? h : super.reset(r, h);
  }
}
