package io.github.bmr4j.models.layer;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.UnaryFunction;

/**
 * What a recurrent cell computes with, so that one cell serves draws of the weights, noise of the
 * sums, and moments alike. A step uses the same weights as all others.
 */
public interface RecurrentOperations {

  /** A gate before its activation: W x_t + U h + b. */
  @FunctionalInterface
  interface Gate {

    /**
     * At one step.
     *
     * @param step from 0
     * @param state h, as {@link RecurrentOperations#zero} or the operations give it
     */
    Node at(int step, Node state);
  }

  /**
   * A gate.
   *
   * @param x the whole sequence, [batch, steps · inputs]
   * @param steps number of steps
   * @param input W and b
   * @param recurrent U
   * @param publishedSquares what published code takes in place of U in the variance; {@code
   *     recurrent} but in one gate
   */
  Gate gate(
      Node x,
      int steps,
      ParameterBlock input,
      ParameterBlock recurrent,
      ParameterBlock publishedSquares);

  /**
   * A state of zeros.
   *
   * @param x the whole sequence
   * @param units size of the state
   */
  Node zero(Node x, int units);

  /** f(a), element by element. */
  Node apply(UnaryFunction f, Node a);

  /** a · b, element by element. */
  Node multiply(Node a, Node b);

  /** r · h, the state as the candidate sees it. */
  default Node reset(Node r, Node h) {
    return multiply(r, h);
  }

  /** a + b. */
  Node add(Node a, Node b);

  /** u a + (1 − u) b. */
  Node mix(Node u, Node a, Node b);
}
