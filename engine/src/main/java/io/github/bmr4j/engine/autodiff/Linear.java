package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Epilogue;
import io.github.bmr4j.kernels.UnaryFunction;

/** y = x Wᵀ + b, or without b: a fully connected layer before its activation. */
public final class Linear extends Node {

  private Epilogue addBias;

  /**
   * @param x [batch, in]
   * @param weights W, [out, in]
   * @param bias b, [out]
   */
  public Linear(Node x, Node weights, Node bias) {
    super(shape(x, weights, bias), x, weights, bias);
  }

  /**
   * y = x Wᵀ.
   *
   * @param x [batch, in]
   * @param weights W, [out, in]
   */
  public Linear(Node x, Node weights) {
    super(shape(x, weights), x, weights);
  }

  private static Shape shape(Node x, Node weights) {
    require(
        x.shape().rank() == 2
            && weights.shape().rank() == 2
            && x.shape().extent(1) == weights.shape().extent(1),
        "Linear needs x [batch, in] and weights [out, in], but got %s and %s",
        x.shape(),
        weights.shape());
    return Shape.of(x.shape().extent(0), weights.shape().extent(0));
  }

  private static Shape shape(Node x, Node weights, Node bias) {
    require(
        x.shape().rank() == 2 && weights.shape().rank() == 2 && bias.shape().rank() == 1,
        "Linear needs x [batch, in], weights [out, in] and bias [out], but got %s, %s and %s",
        x.shape(),
        weights.shape(),
        bias.shape());
    require(
        x.shape().extent(1) == weights.shape().extent(1)
            && weights.shape().extent(0) == bias.shape().extent(0),
        "Linear needs x [batch, in], weights [out, in] and bias [out], but got %s, %s and %s",
        x.shape(),
        weights.shape(),
        bias.shape());
    return Shape.of(x.shape().extent(0), weights.shape().extent(0));
  }

  @Override
  protected void forward(Backend backend) {
    if (addBias == null) {
      addBias =
          inputs().size() == 2
              ? Epilogue.STORE
              : Epilogue.of(input(2).slice(), UnaryFunction.IDENTITY);
    }
    backend
        .matrix()
        .multiplyTransposedRight(input(0).matrix(), input(1).matrix(), value().matrix(), addBias);
  }

  @Override
  protected void pullback(Backend backend) {
    Tensor dy = gradient();
    Tensor dx = inputGradient(0);
    Tensor dWeights = inputGradient(1);
    Tensor dBias = inputs().size() == 2 ? null : inputGradient(2);
    if (dx != null) {
      backend.matrix().multiply(dy.matrix(), input(1).matrix(), dx.matrix(), epilogue(0));
    }
    if (dWeights != null) {
      backend
          .matrix()
          .multiplyTransposedLeft(dy.matrix(), input(0).matrix(), dWeights.matrix(), epilogue(1));
    }
    if (dBias != null) {
      backend.reduction().columnSums(dy.matrix(), dBias.slice(), accumulates(2));
    }
  }

  private Epilogue epilogue(int i) {
    return accumulates(i) ? Epilogue.ACCUMULATE : Epilogue.STORE;
  }
}
