package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * Inverted dropout (Srivastava et al. 2014): each activation is 0 with some probability and else
 * divided by the probability to stay, anew in each training step. Under {@link
 * Sampling#posteriorMean} and for predictions all stay as they are.
 */
public final class Dropout extends Node {

  private final Sampling sampling;
  private final int index;
  private final float rate;
  private Slice factors;

  /**
   * @param x activations
   * @param rate probability of 0, in [0, 1)
   * @param index of the noise stream, unique in the model
   * @param sampling says which step this is
   */
  public Dropout(Node x, double rate, int index, Sampling sampling) {
    super(x.shape(), x);
    require(rate >= 0 && rate < 1, "The rate of dropout must lie in [0, 1), but is %s", rate);
    this.sampling = sampling;
    this.index = index;
    this.rate = (float) rate;
  }

  @Override
  protected void forward(Backend backend) {
    if (factors == null) {
      int n = shape().size();
      factors = new Slice(backend.memory().allocate(n), 0, n);
    }
    if (sampling.isTraining()) {
      backend.noise().uniform(sampling.seed(), sampling.stream(index), sampling.step(), factors);
      backend.memory().pull(factors);
      float stays = 1 / (1 - rate);
      for (int i = 0; i < factors.length(); i++) {
        factors.set(i, factors.get(i) < rate ? 0 : stays);
      }
      backend.memory().push(factors);
    } else {
      backend.elementwise().fill(factors, 1);
    }
    backend.elementwise().multiply(input(0).slice(), factors, value().slice());
  }

  @Override
  protected void pullback(Backend backend) {
    if (inputGradient(0) == null) {
      return;
    }
    Slice dx = inputGradient(0).slice();
    if (accumulates(0)) {
      backend.elementwise().addProduct(gradient().slice(), factors, dx);
    } else {
      backend.elementwise().multiply(gradient().slice(), factors, dx);
    }
  }
}
