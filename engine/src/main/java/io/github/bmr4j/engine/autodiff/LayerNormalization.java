package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;

/**
 * Layer normalisation over the last axis (Ba, Kiros, Hinton 2016): each row with mean 0 and
 * variance 1, times a scale and plus a shift for each column.
 */
public final class LayerNormalization extends Node {

  /** What is added to the variance where nothing else is said. */
  public static final float EPSILON = 1e-5f;

  private final float epsilon;

  /** Takes the scale's gradient row by row, and that of an operand which needs none. */
  private Tensor products;

  private Tensor unused;

  /**
   * @param x […, columns]
   * @param scale [columns]
   * @param shift [columns]
   */
  public LayerNormalization(Node x, Node scale, Node shift) {
    this(x, scale, shift, EPSILON);
  }

  /**
   * @param x […, columns]
   * @param scale [columns]
   * @param shift [columns]
   * @param epsilon what is added to the variance, at least 0
   */
  public LayerNormalization(Node x, Node scale, Node shift, float epsilon) {
    super(x.shape(), x, scale, shift);
    this.epsilon = epsilon;
    require(
        x.shape().rank() >= 1
            && scale.shape().equals(Shape.of(x.shape().extent(-1)))
            && shift.shape().equals(scale.shape()),
        "LayerNormalization needs x [..., columns], scale [columns] and shift [columns], but got"
            + " %s, %s and %s",
        x.shape(),
        scale.shape(),
        shift.shape());
  }

  @Override
  protected void forward(Backend backend) {
    backend
        .sequence()
        .normalize(
            input(0).matrix(), input(1).slice(), input(2).slice(), epsilon, value().matrix());
  }

  @Override
  protected void pullback(Backend backend) {
    if (products == null) {
      products = scratch(backend);
      unused = inputGradient(0) == null ? scratch(backend) : null;
    }
    Tensor dx = inputGradient(0) == null ? unused : inputGradient(0);
    backend
        .sequence()
        .normalizePullback(
            input(0).matrix(),
            input(1).slice(),
            epsilon,
            gradient().matrix(),
            dx.matrix(),
            products.matrix(),
            accumulates(0));
    if (inputGradient(1) != null) {
      backend.reduction().columnSums(products.matrix(), inputGradient(1).slice(), accumulates(1));
    }
    if (inputGradient(2) != null) {
      backend.reduction().columnSums(gradient().matrix(), inputGradient(2).slice(), accumulates(2));
    }
  }

  private Tensor scratch(Backend backend) {
    return Tensor.of(shape(), backend.memory().allocate(shape().size()));
  }
}
