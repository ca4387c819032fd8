package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/**
 * A leaf over memory that outlives the graph, with a gradient: weights that an optimiser trains as
 * points. Several graphs (of different batch sizes) may each have a leaf over the same tensor.
 */
public final class Parameter extends Node {

  private final Tensor tensor;

  /**
   * @param tensor the values; shared, not copied
   */
  public Parameter(Tensor tensor) {
    super(tensor.shape());
    this.tensor = tensor;
  }

  @Override
  protected Tensor ownValue() {
    return tensor;
  }

  @Override
  protected boolean isTrainable() {
    return true;
  }

  @Override
  protected void forward(Backend backend) {}

  @Override
  protected void pullback(Backend backend) {}
}
