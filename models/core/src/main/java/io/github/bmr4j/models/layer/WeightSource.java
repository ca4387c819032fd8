package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Convolution;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.RunningStatistics;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;

/**
 * Says what a network's weights are: points, draws from a posterior, or functions of further
 * latents. Networks know only this, so that every method works with every network.
 */
@FunctionalInterface
public interface WeightSource {

  /** A node of {@code block.size()} elements, laid out as {@link ParameterBlock} says. */
  Node weights(ParameterBlock block);

  /**
   * y = x Wᵀ + b with the weights of a block that has a bias. A source may do otherwise than draw
   * the weights once for the whole batch, as long as each example's y has the right distribution.
   *
   * @param x [batch, columns]
   * @return [batch, rows]
   */
  default Node linear(Node x, ParameterBlock block) {
    Node weights = weights(block);
    return new Linear(x, block.weights(weights), block.biases(weights));
  }

  /**
   * Activations with multiplicative noise on their structures; x itself where there is none.
   *
   * @param x [batch, shape of one example…]
   * @param layer where
   */
  default Node noise(Node x, Noise layer) {
    return x;
  }

  /**
   * Activations of which some may be set to 0 in a training step; x itself where nothing is
   * dropped.
   *
   * @param x [batch, shape of one example…]
   * @param layer where
   */
  default Node dropout(Node x, Dropout layer) {
    return x;
  }

  /**
   * y = x ∗ W + b with the weights of a block, drawn once for the whole batch; without b if it has
   * no bias.
   *
   * @param x [batch, channels, height, width]
   * @param window size, stride and padding
   * @param groups of channels and filters
   * @return [batch, rows, output height, output width]
   */
  default Node convolution(Node x, ParameterBlock block, Window window, int groups) {
    Node weights = weights(block);
    return block.bias()
        ? new Convolution(x, block.weights(weights), block.biases(weights), window, groups)
        : new Convolution(x, block.weights(weights), window, groups);
  }

  /**
   * f(x), element by element. A source may propagate something else than values.
   *
   * @param x [batch, …]
   * @return of the same shape
   */
  default Node apply(UnaryFunction function, Node x) {
    return new Apply(function, x);
  }

  /**
   * The statistics that a normalisation predicts with, the same for all graphs of a model.
   *
   * @throws IllegalArgumentException if this source keeps none
   */
  default RunningStatistics runningStatistics(BatchNorm layer) {
    throw new IllegalArgumentException(
        "Batch normalisation ("
            + layer.name()
            + ") is for networks whose weights are points; normalise by layer here");
  }

  /** What recurrent cells compute with. */
  default RecurrentOperations recurrence() {
    return new SampledRecurrence(this);
  }
}
