package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Map;

/**
 * Mean and variance of normal weights w = s γ b, which is what networks need that draw no weights:
 * [2, n], the means s γ μ and then the variances (s γ σ)². Nothing is random here, so the
 * divergence enters the update in closed form, or as the weights' own prior has it.
 */
public final class Moments extends LatentNode {

  private final MeanFieldNormal latent;
  private final Slice scaleShare;

  private Slice means;
  private Slice variances;
  private Slice gradientOfMeans;
  private Slice gradientOfVariances;
  private NormalFactors gradientFactors;
  private PriorUpdate priorUpdate;
  private long computed;

  Moments(MeanFieldNormal latent, Node... scale) {
    super(Shape.of(2, latent.size()), scale);
    this.latent = latent;
    scaleShare = latent.allocate(1);
  }

  /** What the moments are of. */
  public MeanFieldNormal latent() {
    return latent;
  }

  /**
   * The means of a part of the weights.
   *
   * @param offset of the first weight
   * @param shape under which the network sees them
   */
  public Node means(int offset, Shape shape) {
    return part(0, offset, shape);
  }

  /**
   * The variances of a part of the weights.
   *
   * @param offset of the first weight
   * @param shape under which the network sees them
   */
  public Node variances(int offset, Shape shape) {
    return part(latent.size(), offset, shape);
  }

  private Node part(int from, int offset, Shape shape) {
    require(
        offset >= 0 && (long) offset + shape.size() <= latent.size(),
        "A part of shape %s at offset %d does not lie within the %d weights of %s",
        shape,
        offset,
        latent.size(),
        latent.name());
    return new View(this, from + offset, shape);
  }

  private Slice scale() {
    return inputs().isEmpty() ? null : input(0).slice();
  }

  @Override
  protected void forward(Backend backend) {
    if (computed == latent.sampling().version()) {
      return;
    }
    computed = latent.sampling().version();
    if (means == null) {
      means = value().slice().slice(0, latent.size());
      variances = value().slice().slice(latent.size(), latent.size());
    }
    backend
        .variational()
        .moments(latent.factors(), scale(), latent.mask(), rhoIsVariance(), means, variances);
  }

  private boolean rhoIsVariance() {
    return latent.parameterization() == MeanFieldNormal.Parameterization.VARIANCE;
  }

  /** ∂/∂s = (Σ ∂m m + 2 Σ ∂v v) / s. */
  @Override
  protected void pullback(Backend backend) {
    if (inputs().isEmpty() || inputGradient(0) == null) {
      return;
    }
    if (accumulates(0)) {
      throw new IllegalStateException(
          "The scale of " + latent.name() + " is used by another node, too; give each its own");
    }
    splitGradient();
    Slice dScale = inputGradient(0).slice();
    backend.reduction().dotInto(gradientOfMeans, means, dScale);
    backend.reduction().dotInto(gradientOfVariances, variances, scaleShare);
    backend.elementwise().addScaled(2, scaleShare, dScale);
    backend.elementwise().divide(dScale, scale(), dScale);
  }

  private void splitGradient() {
    if (gradientOfMeans == null) {
      gradientOfMeans = gradient().slice().slice(0, latent.size());
      gradientOfVariances = gradient().slice().slice(latent.size(), latent.size());
      gradientFactors = PriorUpdate.inPlaceOfMeans(gradientOfMeans);
    }
  }

  /** One pass, the divergence in closed form; more where the prior is another one. */
  @Override
  protected void update(VariationalStep step, UpdateRule rule) {
    splitGradient();
    if (latent.prior() != null) {
      if (priorUpdate == null) {
        priorUpdate = new PriorUpdate(latent);
      }
      Slice deviations = latent.standardDeviations();
      priorUpdate.update(gradientFactors, gradientOfVariances, deviations, scale(), step, rule);
      return;
    }
    step.priorVariance = latent.priorVariance();
    latent
        .backend()
        .variational()
        .updateByMoments(
            latent.factors(),
            gradientOfMeans,
            gradientOfVariances,
            scale(),
            latent.mask(),
            rhoIsVariance(),
            step,
            rule);
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
    return "Moments of " + latent.name() + shape();
  }
}
