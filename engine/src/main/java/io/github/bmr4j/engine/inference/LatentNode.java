package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * A random quantity as the network sees it: a draw, or moments. The gradients of its variational
 * parameters are no part of the graph: {@link #update} computes them from this node's gradient in
 * the pass that also applies them.
 */
public abstract class LatentNode extends Node {

  /**
   * @param shape of what the network sees
   * @param inputs the operands
   */
  protected LatentNode(Shape shape, Node... inputs) {
    super(shape, inputs);
  }

  /**
   * Called once before the first step.
   *
   * @param step weights of likelihood and divergence
   * @param kind of the optimiser's steps
   * @throws IllegalArgumentException if the optimiser cannot train this
   */
  protected void start(VariationalStep step, UpdateRule.Kind kind) {
    if (kind == UpdateRule.Kind.IVON) {
      throw new IllegalArgumentException(
          "IVON finds the curvature from draws of the weights, but "
              + this
              + " is not drawn; use the global reparameterization, or another optimizer");
    }
  }

  /**
   * One optimiser step of the variational parameters, after the backward pass. Must not allocate.
   *
   * @param step weights of likelihood and divergence; the rest is filled in here
   * @param rule the optimiser's step
   */
  protected abstract void update(VariationalStep step, UpdateRule rule);

  /** KL(q‖p) in nats, of the elements that are still in the model. */
  protected abstract double klDivergence();

  /** The first variational parameter that is not finite, in words for a message; null if none. */
  protected abstract String nonFinite();

  /**
   * All that steps change and the next step needs: parameters and optimiser moments, each with a
   * name that is unique in the model. Who writes into one pushes it.
   */
  protected abstract Map<String, Slice> state();

  @Override
  protected final boolean isTrainable() {
    return true;
  }

  @Override
  protected final boolean keepsValue() {
    return true;
  }
}
