package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.ElementwiseKernels;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;

/**
 * Mean and variance of normal weights w = s γ b, which is what networks need that draw no weights:
 * [2, n], the means s γ μ and then the variances (s γ σ)². Nothing is random here, so the
 * divergence enters the update in closed form, or as the weights' own prior has it.
 */
public final class Moments extends LatentNode {

  private final MeanFieldNormal latent;
  private final Slice deviations;
  private final Slice scaledDeviations;
  private final Slice work;
  private final Slice meanGradient;
  private final Slice rhoGradient;

  /** Places of the kernel that computes s γ x, for what else is to be scaled and masked. */
  private final NormalFactors deviationFactors;

  private final NormalFactors workFactors;
  private Slice means;
  private Slice variances;
  private Slice gradientOfMeans;
  private Slice gradientOfVariances;
  private NormalFactors gradientFactors;
  private long computed;

  Moments(MeanFieldNormal latent, Node... scale) {
    super(Shape.of(2, latent.size()), scale);
    this.latent = latent;
    int n = latent.size();
    deviations = latent.allocate(n);
    scaledDeviations = latent.allocate(n);
    work = latent.allocate(n);
    meanGradient = latent.allocate(n);
    rhoGradient = latent.allocate(n);
    deviationFactors = only(deviations);
    workFactors = only(work);
  }

  private static NormalFactors only(Slice x) {
    return new NormalFactors(x, x, x, x, x, x);
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
    backend.variational().mean(latent.factors(), scale(), latent.mask(), means);
    latent.standardDeviations(deviations);
    backend.variational().mean(deviationFactors, scale(), latent.mask(), scaledDeviations);
    backend.elementwise().apply(UnaryFunction.SQUARE, scaledDeviations, variances);
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
    Slice sum = work.slice(0, 1);
    backend.reduction().dotInto(gradientOfMeans, means, dScale);
    backend.reduction().dotInto(gradientOfVariances, variances, sum);
    backend.elementwise().addScaled(2, sum, dScale);
    backend.elementwise().divide(dScale, scale(), dScale);
  }

  private void splitGradient() {
    if (gradientOfMeans == null) {
      gradientOfMeans = gradient().slice().slice(0, latent.size());
      gradientOfVariances = gradient().slice().slice(latent.size(), latent.size());
      gradientFactors = only(gradientOfMeans);
    }
  }

  /** ∂μ = s γ ∂m and ∂σ = 2 s γ (s γ σ) ∂v, weighted, with the divergence's share. */
  @Override
  protected void update(VariationalStep step, UpdateRule rule) {
    splitGradient();
    Backend backend = latent.backend();
    ElementwiseKernels arithmetic = backend.elementwise();
    NormalFactors q = latent.factors();
    WeightPrior prior = latent.prior();

    backend.variational().mean(gradientFactors, scale(), latent.mask(), meanGradient);
    arithmetic.scale(step.likelihoodWeight, meanGradient, meanGradient);

    arithmetic.multiply(gradientOfVariances, scaledDeviations, work);
    backend.variational().mean(workFactors, scale(), latent.mask(), rhoGradient);
    arithmetic.scale(2 * step.likelihoodWeight, rhoGradient, rhoGradient);
    if (prior == null) {
      addDivergenceGradient(arithmetic, step.klWeight);
    } else {
      prior.addDivergenceGradient(step.klWeight, q.mean(), deviations, meanGradient, rhoGradient);
    }
    latent.throughParameterization(deviations, rhoGradient);

    backend
        .variational()
        .updatePoint(q.mean(), meanGradient, q.meanMoment1(), q.meanMoment2(), 1, rule);
    backend
        .variational()
        .updatePoint(q.rho(), rhoGradient, q.rhoMoment1(), q.rhoMoment2(), 1, rule);
  }

  /** Of N(0, v): μ/v and σ/v − 1/σ. */
  private void addDivergenceGradient(ElementwiseKernels arithmetic, float klWeight) {
    float precision = 1 / latent.priorVariance();
    arithmetic.addScaled(klWeight * precision, latent.factors().mean(), meanGradient);
    arithmetic.addScaled(klWeight * precision, deviations, rhoGradient);
    arithmetic.fill(work, 1);
    arithmetic.divide(work, deviations, work);
    arithmetic.addScaled(-klWeight, work, rhoGradient);
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
  public String toString() {
    return "Moments of " + latent.name() + shape();
  }
}
