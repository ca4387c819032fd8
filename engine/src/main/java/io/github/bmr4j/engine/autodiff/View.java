package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;

/**
 * A contiguous part of its operand under another shape; shares the operand's memory, value and
 * gradient alike, and costs nothing.
 */
public final class View extends Node {

  private final int offset;

  /**
   * @param x the operand
   * @param offset index of the part's first element in row-major order
   * @param shape of the part; lies within the operand
   */
  public View(Node x, int offset, Shape shape) {
    super(shape, x);
    require(
        offset >= 0 && (long) offset + shape.size() <= x.shape().size(),
        "A view of %s at offset %d does not lie within its operand %s",
        shape,
        offset,
        x.shape());
    this.offset = offset;
  }

  /** The whole operand under another shape of the same size. */
  public static View reshape(Node x, Shape shape) {
    require(
        shape.size() == x.shape().size(),
        "Cannot reshape %s (%d elements) to %s (%d elements)",
        x.shape(),
        x.shape().size(),
        shape,
        shape.size());
    return new View(x, 0, shape);
  }

  @Override
  int viewOffset() {
    return offset;
  }

  @Override
  protected void forward(Backend backend) {}

  @Override
  protected void pullback(Backend backend) {}
}
