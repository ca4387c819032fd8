package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * A draw of a latent as the network sees it: s γ (μ + σ ε), with an optional scalar scale s from
 * another node and the latent's mask γ.
 */
public final class Draw extends LatentNode {

  private final Latent latent;
  private long drawn;

  Draw(Latent latent, Shape shape, Node... scale) {
    super(shape, scale);
    require(
        shape.size() == latent.size(),
        "%s has %d elements, which do not fill the shape %s",
        latent.name(),
        latent.size(),
        shape);
    this.latent = latent;
  }

  /** What is drawn. */
  public Latent latent() {
    return latent;
  }

  /** s, or null for 1. */
  Slice scale() {
    return inputs().isEmpty() ? null : input(0).slice();
  }

  @Override
  protected void forward(Backend backend) {
    Sampling sampling = latent.sampling();
    if (drawn == sampling.version()) {
      return;
    }
    drawn = sampling.version();
    Slice out = value().slice();
    if (sampling.isMean() || latent.posterior() == Latent.Posterior.POINT) {
      backend.variational().mean(latent.factors(), scale(), latent.mask(), out);
    } else {
      latent.sample(scale(), out);
    }
  }

  /** ∂/∂s = Σ ∂w γ b = Σ ∂w w / s. */
  @Override
  protected void pullback(Backend backend) {
    if (inputs().isEmpty() || inputGradient(0) == null) {
      return;
    }
    if (accumulates(0)) {
      throw new IllegalStateException(
          "The scale of " + latent.name() + " is used by another node, too; give each its own");
    }
    Slice dScale = inputGradient(0).slice();
    backend.reduction().dotInto(gradient().slice(), value().slice(), dScale);
    backend.elementwise().divide(dScale, scale(), dScale);
  }

  @Override
  protected void start(VariationalStep step, UpdateRule.Kind kind) {
    latent.start(step, kind);
  }

  @Override
  protected void update(VariationalStep step, UpdateRule rule) {
    latent.update(this, step, rule);
  }

  @Override
  protected double klDivergence() {
    return latent.klDivergence();
  }

  @Override
  protected String nonFinite() {
    return latent.nonFinite();
  }

  @Override
  protected Map<String, Slice> state() {
    return latent.state();
  }

  @Override
  public String toString() {
    return "Draw of " + latent.name() + shape();
  }
}
