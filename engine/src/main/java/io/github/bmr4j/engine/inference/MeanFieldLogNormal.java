package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.LogNormal;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;

/**
 * Positive quantities x with independent Gamma priors and posterior factors LogNormal(m, s), that
 * is u = ln x ~ N(m, softplus(ρ)²). A model has few of them (scales of layers or rows), so the
 * value of their divergence is computed on the host, in double.
 */
public final class MeanFieldLogNormal extends Latent {

  private final Gamma prior;
  private final Slice meanGradient;
  private final Slice rhoGradient;

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of quantities
   * @param prior of each
   * @param sampling which draw the network sees
   */
  public MeanFieldLogNormal(
      Backend backend, String name, int index, int size, Gamma prior, Sampling sampling) {
    this(backend, name, index, size, prior, sampling, Posterior.NORMAL);
  }

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of quantities
   * @param prior of each
   * @param sampling which draw the network sees
   * @param posterior what each factor is
   */
  public MeanFieldLogNormal(
      Backend backend,
      String name,
      int index,
      int size,
      Gamma prior,
      Sampling sampling,
      Posterior posterior) {
    super(backend, name, index, size, sampling, posterior);
    this.prior = prior;
    this.meanGradient = allocate(size);
    this.rhoGradient = allocate(size);
  }

  /** A node that draws u = ln x. */
  public Draw drawLogarithm(Shape shape) {
    return new Draw(this, shape);
  }

  @Override
  public void update(Draw draw, VariationalStep step, UpdateRule rule) {
    Slice mean = factors().mean();
    Slice rho = factors().rho();
    Slice drawn = draw.value().slice();
    Slice gradient = draw.gradient().slice();
    if (rule.kind == UpdateRule.Kind.IVON) {
      backend()
          .variational()
          .updateLogNormal(factors(), drawn, gradient, prior.shape(), prior.rate(), step, rule);
      return;
    }
    if (posterior() == Posterior.POINT) {
      backend()
          .variational()
          .logNormalPointGradient(mean, gradient, prior.shape(), prior.rate(), step, meanGradient);
      backend()
          .variational()
          .updatePoint(
              mean, meanGradient, factors().meanMoment1(), factors().meanMoment2(), 1, rule);
      return;
    }
    backend()
        .variational()
        .logNormalGradients(
            mean,
            rho,
            drawn,
            gradient,
            prior.shape(),
            prior.rate(),
            step,
            meanGradient,
            rhoGradient);
    backend()
        .variational()
        .updatePoint(mean, meanGradient, factors().meanMoment1(), factors().meanMoment2(), 1, rule);
    backend()
        .variational()
        .updatePoint(rho, rhoGradient, factors().rhoMoment1(), factors().rhoMoment2(), 1, rule);
  }

  @Override
  float[] priorDraw(int stream, int draw) {
    UniformWords uniforms = new UniformWords(sampling().seed(), stream, draw);
    float[] drawn = new float[size()];
    for (int i = 0; i < drawn.length; i++) {
      drawn[i] = (float) Math.log(prior.draw(uniforms));
    }
    return drawn;
  }

  @Override
  double normalPriorPrecision() {
    return 0;
  }

  @Override
  public double klDivergence() {
    Slice mean = factors().mean();
    Slice rho = factors().rho();
    backend().memory().pull(mean);
    backend().memory().pull(rho);
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      sum +=
          posterior() == Posterior.POINT
              ? -prior.logDensity(Math.exp(mean.get(i)))
              : KullbackLeibler.divergence(
                  new LogNormal(mean.get(i), SpecialFunctions.softplus(rho.get(i))), prior);
    }
    return sum;
  }
}
