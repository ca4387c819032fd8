package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.distribution.ActivationMoments;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * Mean and variance of f(x) for normal x, element by element on packed moments [2 batch, …], in
 * double on the host. The partial derivatives come with the values and are kept for the pullback.
 */
public final class MomentApply extends Node {

  private final ActivationMoments function;
  private final int half;
  private final double[] one = new double[ActivationMoments.RESULTS];
  private float[] partials;

  /**
   * @param function f
   * @param x packed, [2 batch, …]
   */
  public MomentApply(ActivationMoments function, Node x) {
    super(shape(x), x);
    this.function = function;
    this.half = x.shape().size() / 2;
  }

  private static Shape shape(Node x) {
    require(
        x.shape().rank() >= 1 && x.shape().extent(0) % 2 == 0,
        "Packed moments need a shape [2 batch, …], but have %s",
        x.shape());
    return x.shape();
  }

  @Override
  protected void forward(Backend backend) {
    if (partials == null) {
      partials = new float[gradient() == null ? 0 : 4 * half];
    }
    Slice x = input(0).slice();
    Slice y = value().slice();
    backend.memory().pull(x);
    float[] from = x.array();
    float[] to = y.array();
    int in = x.offset();
    int out = y.offset();
    boolean keeps = partials.length > 0;
    for (int i = 0; i < half; i++) {
      function.evaluate(from[in + i], from[in + half + i], one);
      to[out + i] = (float) one[0];
      to[out + half + i] = (float) one[1];
      if (keeps) {
        for (int k = 0; k < 4; k++) {
          partials[4 * i + k] = (float) one[2 + k];
        }
      }
    }
    backend.memory().push(y);
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice dy = gradient().slice();
    Slice dx = inputGradient(0).slice();
    backend.memory().pull(dy);
    if (!accumulates(0)) {
      backend.elementwise().fill(dx, 0);
    }
    backend.memory().pull(dx);
    float[] from = dy.array();
    float[] to = dx.array();
    int in = dy.offset();
    int out = dx.offset();
    for (int i = 0; i < half; i++) {
      float byMean = from[in + i];
      float byVariance = from[in + half + i];
      to[out + i] += byMean * partials[4 * i] + byVariance * partials[4 * i + 2];
      to[out + half + i] += byMean * partials[4 * i + 1] + byVariance * partials[4 * i + 3];
    }
    backend.memory().push(dx);
  }

  @Override
  public String toString() {
    return "Moments of " + function + shape();
  }
}
