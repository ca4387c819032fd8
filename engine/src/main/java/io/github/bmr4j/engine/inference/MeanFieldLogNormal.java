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
 * value of their divergence and the step of IVON are computed on the host, in double.
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
      naturalStep(drawn, gradient, step, rule);
      return;
    }
    if (posterior() == Posterior.POINT) {
      updatePoint(gradient, step, rule);
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

  /** −ln p(x) of the Gamma prior, as a function of u = ln x: rate eᵘ − (shape − 1) u. */
  private void updatePoint(Slice gradient, VariationalStep step, UpdateRule rule) {
    Slice mean = factors().mean();
    for (int i = 0; i < size(); i++) {
      double pull = prior.rate() * Math.exp(mean.get(i)) - (prior.shape() - 1);
      meanGradient.set(
          i, (float) (step.likelihoodWeight * (double) gradient.get(i) + step.klWeight * pull));
    }
    backend().memory().push(meanGradient);
    backend()
        .variational()
        .updatePoint(mean, meanGradient, factors().meanMoment1(), factors().meanMoment2(), 1, rule);
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

  /**
   * IVON on u = ln x, whose prior is not normal: −ln p(u) = rate eᵘ − shape u is part of what is
   * minimised, with its own gradient and curvature rate eᵘ, so that δ = 0.
   */
  private void naturalStep(Slice drawn, Slice gradient, VariationalStep step, UpdateRule rule) {
    Slice mean = factors().mean();
    Slice rho = factors().rho();
    Slice moment = factors().meanMoment1();
    Slice curvature = factors().rhoMoment1();
    backend().memory().pull(drawn);
    backend().memory().pull(gradient);
    backend().memory().pull(mean);
    backend().memory().pull(rho);
    backend().memory().pull(moment);
    backend().memory().pull(curvature);
    for (int i = 0; i < size(); i++) {
      double m = mean.get(i);
      double s = SpecialFunctions.softplus(rho.get(i));
      double noise = (drawn.get(i) - m) / s;
      double likelihood = step.likelihoodWeight * gradient.get(i);
      boolean analytic = step.divergence == VariationalStep.Divergence.ANALYTIC;
      double pull = prior.rate() * Math.exp(analytic ? m + s * s / 2 : drawn.get(i));
      double g = likelihood + step.klWeight * (pull - prior.shape());
      double estimate = likelihood * noise / s + step.klWeight * pull;
      double h = rule.nextCurvature(curvature.get(i), estimate, 0);
      double first = rule.beta1 * (double) moment.get(i) + (1.0 - rule.beta1) * g;
      moment.set(i, (float) first);
      curvature.set(i, (float) h);
      mean.set(i, (float) (m - rule.learningRate() * first * rule.correction1() / h));
      double deviation = Math.sqrt(step.klWeight / h);
      rho.set(i, (float) (deviation + Math.log(-Math.expm1(-deviation))));
    }
    backend().memory().push(moment);
    backend().memory().push(curvature);
    backend().memory().push(mean);
    backend().memory().push(rho);
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
