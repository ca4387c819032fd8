package io.github.bmr4j.engine.autodiff;

import io.github.bmr4j.engine.distribution.ActivationMoments;

/** Mean and variance of f(x) for normal x, element by element on packed moments. */
public final class MomentApply extends MomentElementwise {

  private final ActivationMoments function;

  /**
   * @param function f
   * @param x packed, [2 batch, …]
   */
  public MomentApply(ActivationMoments function, Node x) {
    super(x);
    this.function = function;
  }

  @Override
  void moments(double[] at, double[] result) {
    function.moments(at[0], at[1], result);
  }

  @Override
  void partials(double[] at, double[] d) {
    function.partials(at[0], at[1], d);
  }

  @Override
  public String toString() {
    return "Moments of " + function + shape();
  }
}
