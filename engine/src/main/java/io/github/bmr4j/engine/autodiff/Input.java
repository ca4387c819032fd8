package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/** A value that the host sets before each step: a batch of examples, or their labels. */
public final class Input extends Node {

  private final Tensor own;
  private Backend backend;

  /**
   * @param shape of what will be fed
   */
  public Input(Shape shape) {
    super(shape);
    this.own = null;
  }

  /**
   * An input over memory that the caller brings, so that several graphs may read it.
   *
   * @param values in memory of the back end that will run the graph; not copied
   */
  public Input(Tensor values) {
    super(values.shape());
    this.own = values;
  }

  /**
   * Makes what the host wrote into {@link #value} visible to the back end. Needed after each write
   * and before {@link Graph#forward}.
   */
  public void push() {
    if (backend == null) {
      throw new IllegalStateException(this + " belongs to no graph yet");
    }
    backend.memory().push(value().slice());
  }

  @Override
  protected Tensor ownValue() {
    return own;
  }

  @Override
  protected boolean keepsValue() {
    return true;
  }

  void attach(Backend backend) {
    this.backend = backend;
  }

  @Override
  protected void forward(Backend backend) {}

  @Override
  protected void pullback(Backend backend) {}
}
