package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;

/**
 * The negative log likelihood of a categorical variable: for each row of logits, −ln softmax(row)
 * [label], in nats.
 */
public final class SoftmaxCrossEntropy extends Node {

  /**
   * @param logits [batch, classes]
   * @param labels [batch], class indices as floats; no gradient flows to them
   */
  public SoftmaxCrossEntropy(Node logits, Node labels) {
    super(shape(logits, labels), logits, labels);
  }

  private static Shape shape(Node logits, Node labels) {
    require(
        logits.shape().rank() == 2
            && labels.shape().rank() == 1
            && logits.shape().extent(0) == labels.shape().extent(0),
        "SoftmaxCrossEntropy needs logits [batch, classes] and labels [batch], but got %s and %s",
        logits.shape(),
        labels.shape());
    return labels.shape();
  }

  @Override
  protected void forward(Backend backend) {
    backend.reduction().softmaxCrossEntropy(input(0).matrix(), input(1).slice(), value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) != null) {
      backend
          .reduction()
          .softmaxCrossEntropyPullback(
              input(0).matrix(),
              input(1).slice(),
              gradient().slice(),
              inputGradient(0).matrix(),
              accumulates(0));
    }
  }
}
