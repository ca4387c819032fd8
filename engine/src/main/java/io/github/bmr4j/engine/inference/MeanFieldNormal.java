package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;

/**
 * Weights b with independent priors N(0, v) and posterior factors N(μ, softplus(ρ)²), of which a
 * network sees w = s γ b: s a scale that the whole block shares, γ the mask that model reduction
 * writes (1 while a weight is in the model, 0 once it is not).
 */
public final class MeanFieldNormal extends Latent {

  private final float priorVariance;
  private Slice mask;
  private Slice deviations;

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of weights
   * @param priorVariance v, positive
   * @param sampling which draw the network sees
   */
  public MeanFieldNormal(
      Backend backend, String name, int index, int size, double priorVariance, Sampling sampling) {
    super(backend, name, index, size, sampling);
    if (!(priorVariance > 0) || Double.isInfinite(priorVariance)) {
      throw new IllegalArgumentException(
          "The prior variance of "
              + name
              + " must be positive and finite, but is "
              + priorVariance);
    }
    this.priorVariance = (float) priorVariance;
  }

  /**
   * A node that draws these weights.
   *
   * @param shape under which the network sees them
   * @param scale s, a scalar node that no other node uses; null for 1
   */
  public Draw draw(Shape shape, Node scale) {
    return scale == null ? new Draw(this, shape) : new Draw(this, shape, scale);
  }

  @Override
  public void update(Draw draw, VariationalStep step, UpdateRule rule) {
    step.priorVariance = priorVariance;
    step.seed = sampling().seed();
    step.stream = sampling().stream(index());
    step.step = sampling().step();
    backend()
        .variational()
        .update(factors(), draw.gradient().slice(), draw.scale(), mask, step, rule);
  }

  @Override
  double normalPriorPrecision() {
    return 1.0 / priorVariance;
  }

  @Override
  public double klDivergence() {
    return backend()
        .variational()
        .klDivergence(factors().mean(), factors().rho(), mask, priorVariance);
  }

  /**
   * Standard deviations softplus(ρ) as they are now, in memory that the next call overwrites: a
   * back end frees none before it is closed.
   */
  public Slice standardDeviations() {
    if (deviations == null) {
      deviations = allocate(size());
    }
    backend().elementwise().apply(UnaryFunction.SOFTPLUS, factors().rho(), deviations);
    return deviations;
  }

  /** v. */
  public float priorVariance() {
    return priorVariance;
  }

  @Override
  public Slice mask() {
    return mask;
  }

  /**
   * Sets γ. Weights with 0 are out of the model from now on.
   *
   * @param values one for each weight, each at least 0
   */
  public void setMask(float[] values) {
    if (values.length != size()) {
      throw new IllegalArgumentException(
          "The mask of " + name() + " needs " + size() + " values, but got " + values.length);
    }
    if (mask == null) {
      mask = allocate(size());
    }
    mask.copyFrom(values, 0);
    backend().memory().push(mask);
    sampling().invalidate();
  }
}
