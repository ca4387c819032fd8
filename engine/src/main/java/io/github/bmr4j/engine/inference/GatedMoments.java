package io.github.bmr4j.engine.inference;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * Mean and variance of weights behind drawn gates, [2, n]: γμ and (γσ)². The gradient of γ is Σ (∂m
 * μ + 2 ∂v γσ²) over the weights that share it.
 */
public final class GatedMoments extends LatentNode {

  private final Gates gates;
  private final Moments moments;

  /**
   * @param moments of the weights; of no other node's use
   * @param gates of as many weights, whose prior the weights have
   */
  public GatedMoments(Moments moments, Gates gates) {
    super(moments.shape(), moments);
    require(
        gates.size() == moments.latent().size(),
        "Gates of %d weights do not fit the %d of %s",
        gates.size(),
        moments.latent().size(),
        moments.latent().name());
    this.gates = gates;
    this.moments = moments;
  }

  @Override
  protected void forward(Backend backend) {
    gates.draw();
    Slice x = input(0).slice();
    Slice y = value().slice();
    backend.memory().pull(x);
    int n = gates.size();
    for (int i = 0; i < n; i++) {
      float open = gates.open(i);
      y.set(i, open * x.get(i));
      y.set(n + i, open * open * x.get(n + i));
    }
    backend.memory().push(y);
  }

  @Override
  protected void pullback(Backend backend) {
    Slice x = input(0).slice();
    Slice dy = gradient().slice();
    Slice dx = inputGradient(0).slice();
    backend.memory().pull(dy);
    gates.clearGradient();
    int n = gates.size();
    boolean add = accumulates(0);
    if (add) {
      backend.memory().pull(dx);
    }
    for (int i = 0; i < n; i++) {
      float open = gates.open(i);
      dx.set(i, (add ? dx.get(i) : 0) + open * dy.get(i));
      dx.set(n + i, (add ? dx.get(n + i) : 0) + open * open * dy.get(n + i));
      gates.addGradient(i, dy.get(i) * x.get(i) + 2 * open * dy.get(n + i) * x.get(n + i));
    }
    backend.memory().push(dx);
  }

  @Override
  protected void update(VariationalStep step, UpdateRule rule) {
    Slice deviations = moments.latent().standardDeviations();
    gates.update(moments.latent().factors().mean(), deviations, step, rule);
  }

  /** Part of that of the weights. */
  @Override
  protected double klDivergence() {
    return 0;
  }

  @Override
  protected String nonFinite() {
    return null;
  }

  @Override
  protected Map<String, Slice> state() {
    return gates.state(moments.latent().name() + ".gates");
  }
}
