package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.reduction.GaussianReduction;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.HashMap;
import java.util.Map;

/**
 * Weights b with independent priors N(0, v) and posterior factors N(μ, softplus(ρ)²), of which a
 * network sees w = s γ b: s a scale that the whole block shares, γ the mask that model reduction
 * writes (1 while a weight is in the model, 0 once it is not). A {@link RowCorrelation} makes the
 * weights of an output unit depend on each other; μ and σ stay those of each weight by itself.
 */
public final class MeanFieldNormal extends Latent {

  /** What softplus(ρ) is. */
  public enum Parameterization {
    /** The standard deviation σ. */
    DEVIATION,
    /** The variance σ²; then weights can be seen through {@link #moments} only, not be drawn. */
    VARIANCE
  }

  private float priorVariance;
  private final Parameterization parameterization;
  private WeightPrior prior;
  private Slice mask;
  private Slice deviations;
  private RowCorrelation correlation;
  private float[] byDeviation;
  private float[] byNoise;
  private Slice drawn;

  /** ∂w of points, in the place of means; null until a step needs it. */
  private NormalFactors unscaled;

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
    this(backend, name, index, size, priorVariance, sampling, Parameterization.DEVIATION);
  }

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of weights
   * @param priorVariance v, positive
   * @param sampling which draw the network sees
   * @param posterior what each factor is
   */
  public MeanFieldNormal(
      Backend backend,
      String name,
      int index,
      int size,
      double priorVariance,
      Sampling sampling,
      Posterior posterior) {
    this(
        backend, name, index, size, priorVariance, sampling, Parameterization.DEVIATION, posterior);
  }

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of weights
   * @param priorVariance v, positive
   * @param sampling which draw the network sees
   * @param parameterization what softplus(ρ) is
   */
  public MeanFieldNormal(
      Backend backend,
      String name,
      int index,
      int size,
      double priorVariance,
      Sampling sampling,
      Parameterization parameterization) {
    this(backend, name, index, size, priorVariance, sampling, parameterization, Posterior.NORMAL);
  }

  private MeanFieldNormal(
      Backend backend,
      String name,
      int index,
      int size,
      double priorVariance,
      Sampling sampling,
      Parameterization parameterization,
      Posterior posterior) {
    super(backend, name, index, size, sampling, posterior);
    requirePositive(priorVariance);
    this.priorVariance = (float) priorVariance;
    this.parameterization = parameterization;
  }

  private void requirePositive(double variance) {
    if (!(variance > 0) || Double.isInfinite(variance)) {
      throw new IllegalArgumentException(
          "The prior variance of " + name() + " must be positive and finite, but is " + variance);
    }
  }

  /**
   * Says what a row is, for a posterior with correlated weights.
   *
   * @param rows output units
   * @param columns weights of each, stored row by row
   * @param bias whether each has a bias, which are stored behind the weights
   * @throws IllegalArgumentException if these do not make up this layer, or the covariances need
   *     more numbers than an array can hold
   */
  public void correlateRows(int rows, int columns, boolean bias) {
    if (!posterior().isCorrelated() || (long) rows * columns + (bias ? rows : 0) != size()) {
      throw new IllegalArgumentException(
          name()
              + " has "
              + size()
              + " weights and the posterior "
              + posterior().title()
              + ", but is to have correlations in "
              + rows
              + " rows of "
              + columns
              + (bias ? " and a bias" : ""));
    }
    boolean shared = posterior() == Posterior.MATRIX_NORMAL;
    correlation = new RowCorrelation(backend(), name(), rows, columns, bias, shared);
    byDeviation = new float[size()];
    byNoise = new float[size()];
  }

  private void requireCorrelation() {
    if (posterior().isCorrelated() && correlation == null) {
      throw new IllegalStateException(
          "The posterior of "
              + name()
              + " is "
              + posterior().title()
              + ", but what its rows are was not said; call correlateRows");
    }
  }

  /** What makes weights depend on each other; null if they are independent. */
  public RowCorrelation correlation() {
    return correlation;
  }

  /**
   * A node that draws these weights.
   *
   * @param shape under which the network sees them
   * @param scale s, a scalar node that no other node uses; null for 1
   */
  public Draw draw(Shape shape, Node scale) {
    requireCorrelation();
    if (parameterization == Parameterization.VARIANCE) {
      throw new IllegalStateException(
          name() + " cannot be drawn, since its ρ stands for the variance; use its moments");
    }
    return scale == null ? new Draw(this, shape) : new Draw(this, shape, scale);
  }

  /**
   * A node with mean and variance of these weights.
   *
   * @param scale s, a scalar node that no other node uses; null for 1
   */
  public Moments moments(Node scale) {
    if (posterior().isCorrelated()) {
      throw new IllegalArgumentException(
          "The posterior of "
              + name()
              + " is "
              + posterior().title()
              + ", and so the noise of its weights enters by draws only; use the global"
              + " reparameterization");
    }
    return scale == null ? new Moments(this) : new Moments(this, scale);
  }

  @Override
  public void update(Draw draw, VariationalStep step, UpdateRule rule) {
    if (prior != null) {
      throw new IllegalStateException(
          name() + " has a prior of its own and is trained through its moments only");
    }
    if (posterior() == Posterior.POINT) {
      updatePoint(draw, step, rule);
      return;
    }
    if (correlation != null) {
      updateCorrelated(draw, step, rule);
      return;
    }
    step.priorVariance = priorVariance;
    step.seed = sampling().seed();
    step.stream = sampling().stream(index());
    step.step = sampling().step();
    backend()
        .variational()
        .update(factors(), draw.gradient().slice(), draw.scale(), mask, step, rule);
  }

  @Override
  void sample(Slice scale, Slice out) {
    if (correlation == null) {
      super.sample(scale, out);
      return;
    }
    drawNoise();
    Slice mean = pulledMean();
    Slice sigma = pulledDeviations();
    float s = pulled(scale);
    for (int i = 0; i < size(); i++) {
      float gamma = mask == null ? 1 : mask.get(i);
      out.set(i, s * gamma * (mean.get(i) + sigma.get(i) * correlation.noise(i)));
    }
    backend().memory().push(out);
  }

  private void drawNoise() {
    Sampling now = sampling();
    correlation.draw(now.version(), now.seed(), now.stream(index()), now.step());
  }

  private float pulled(Slice scale) {
    if (scale == null) {
      return 1;
    }
    backend().memory().pull(scale);
    return scale.get(0);
  }

  /**
   * With g = likelihoodWeight · s γ ∂w, to which a sampled divergence adds klWeight · b/v: ∂μ = g,
   * ∂σ = g x − klWeight/σ, ∂x = g σ; one in closed form adds klWeight · μ/v and klWeight · σ/v.
   */
  private void updateCorrelated(Draw draw, VariationalStep step, UpdateRule rule) {
    drawNoise();
    Slice mean = pulledMean();
    Slice sigma = pulledDeviations();
    Slice gradient = draw.gradient().slice();
    backend().memory().pull(gradient);
    float likelihood = step.likelihoodWeight * pulled(draw.scale());
    float prior = step.klWeight / priorVariance;
    boolean sampled = step.divergence == VariationalStep.Divergence.SAMPLED;
    for (int i = 0; i < size(); i++) {
      float m = mean.get(i);
      float s = Math.max(sigma.get(i), Float.MIN_NORMAL);
      float x = correlation.noise(i);
      float g = likelihood * gradient.get(i) * (mask == null ? 1 : mask.get(i));
      g += sampled ? prior * (m + s * x) : 0;
      byNoise[i] = g * s;
      byDeviation[i] = g * x - step.klWeight / s + (sampled ? 0 : prior * s);
      gradient.set(i, g + (sampled ? 0 : prior * m));
    }
    backend().memory().push(gradient);
    correlation.update(byNoise, step.klWeight, rule);
    backend()
        .variational()
        .updatePoint(mean, gradient, factors().meanMoment1(), factors().meanMoment2(), 1, rule);
    Slice rho = factors().rho();
    if (correlation.sharesDeviations()) {
      correlation.updateDeviations(sigma, byDeviation, rule, rho);
      return;
    }
    gradient.copyFrom(byDeviation, 0);
    backend().memory().push(gradient);
    throughParameterization(sigma, gradient);
    backend()
        .variational()
        .updatePoint(rho, gradient, factors().rhoMoment1(), factors().rhoMoment2(), 1, rule);
  }

  @Override
  void start(VariationalStep step, UpdateRule.Kind kind) {
    super.start(step, kind);
    if (correlation != null && correlation.sharesDeviations()) {
      correlation.startDeviations(pulledDeviations());
    }
  }

  @Override
  Map<String, Slice> state() {
    Map<String, Slice> state = new HashMap<>(super.state());
    if (correlation != null) {
      state.putAll(correlation.state());
    }
    return state;
  }

  @Override
  String nonFinite() {
    String found = super.nonFinite();
    if (found == null && correlation != null) {
      int i = backend().reduction().firstNonFinite(correlation.factor());
      found = i < 0 ? null : "the correlation " + i + " of " + name() + " is not finite";
    }
    return found;
  }

  /**
   * ΔF of removing weights together: Σ of their own ΔF if they are independent, else in the
   * determinant form of their joint posterior. Each by itself has the ΔF of its own mean and
   * standard deviation in either case.
   *
   * @param elements which weights leave, each once
   * @return ln p̃(D) − ln p(D) in nats
   */
  public double removalEvidence(int... elements) {
    Slice mean = pulledMean();
    Slice sigma = pulledDeviations();
    if (correlation != null) {
      return correlation.removal(elements, mean, sigma, priorVariance);
    }
    double sum = 0;
    for (int i : elements) {
      double s = sigma.get(i);
      sum += GaussianReduction.spikeDeltaF(mean.get(i), 1 / (s * s), priorVariance);
    }
    return sum;
  }

  /** −ln p(b) of the prior adds b/v to the gradient of −ln p(y|x, s γ b), which is s γ ∂w. */
  private void updatePoint(Draw draw, VariationalStep step, UpdateRule rule) {
    Slice mean = factors().mean();
    Slice gradient = draw.gradient().slice();
    if (draw.scale() != null || mask != null) {
      if (unscaled == null) {
        unscaled = PriorUpdate.inPlaceOfMeans(allocate(size()));
      }
      backend().elementwise().copy(gradient, unscaled.mean());
      backend().variational().mean(unscaled, draw.scale(), mask, gradient);
    }
    float priorWeight = step.klWeight / (step.likelihoodWeight * priorVariance);
    backend().elementwise().addScaled(priorWeight, mean, gradient);
    backend()
        .variational()
        .updatePoint(
            mean,
            gradient,
            factors().meanMoment1(),
            factors().meanMoment2(),
            step.likelihoodWeight,
            rule);
  }

  @Override
  float[] priorDraw(int stream, int draw) {
    // The moments are still 0, and are so again afterwards.
    Slice scratch = factors().meanMoment1();
    backend().noise().normal(sampling().seed(), stream, draw, scratch);
    backend().elementwise().scale((float) Math.sqrt(priorVariance), scratch, scratch);
    backend().memory().pull(scratch);
    float[] drawn = scratch.toArray();
    backend().elementwise().fill(scratch, 0);
    return drawn;
  }

  @Override
  double normalPriorPrecision() {
    return 1.0 / priorVariance;
  }

  @Override
  public double klDivergence() {
    if (prior != null) {
      return prior.klDivergence(pulledMean(), pulledDeviations(), mask);
    }
    if (posterior() == Posterior.POINT) {
      return negativeLogPrior();
    }
    if (parameterization == Parameterization.DEVIATION) {
      double independent =
          backend()
              .variational()
              .klDivergence(factors().mean(), factors().rho(), mask, priorVariance);
      return correlation == null ? independent : independent + correlation.totalCorrelation(mask);
    }
    Slice mean = pulledMean();
    Slice deviation = pulledDeviations();
    Normal normal = new Normal(0, Math.sqrt(priorVariance));
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      if (mask == null || mask.get(i) != 0) {
        sum += KullbackLeibler.divergence(new Normal(mean.get(i), deviation.get(i)), normal);
      }
    }
    return sum;
  }

  private double negativeLogPrior() {
    Slice mean = pulledMean();
    Normal normal = new Normal(0, Math.sqrt(priorVariance));
    double sum = 0;
    for (int i = 0; i < size(); i++) {
      if (mask == null || mask.get(i) != 0) {
        sum -= normal.logDensity(mean.get(i));
      }
    }
    return sum;
  }

  private Slice pulledMean() {
    backend().memory().pull(factors().mean());
    return factors().mean();
  }

  private Slice pulledDeviations() {
    Slice current = standardDeviations();
    backend().memory().pull(current);
    return current;
  }

  /** The prior that stands in for N(0, v), or null. */
  WeightPrior prior() {
    return prior;
  }

  /**
   * Takes another prior in place of N(0, v).
   *
   * @param replacement for as many weights; null for N(0, v)
   */
  public void setPrior(WeightPrior replacement) {
    prior = replacement;
  }

  /**
   * Standard deviations as they are now, in memory that the next call overwrites: a back end frees
   * none before it is closed. One that has underflowed is 0, and then no evidence is finite.
   */
  public Slice standardDeviations() {
    if (deviations == null) {
      deviations = allocate(size());
    }
    standardDeviations(deviations);
    return deviations;
  }

  /** Standard deviations as they are now, into {@code out}. */
  void standardDeviations(Slice out) {
    backend().elementwise().apply(UnaryFunction.SOFTPLUS, factors().rho(), out);
    if (parameterization == Parameterization.VARIANCE) {
      backend().elementwise().apply(UnaryFunction.SQRT, out, out);
    }
  }

  /**
   * Turns the gradient of the standard deviations into that of ρ.
   *
   * @param deviations σ; lost
   * @param gradient of σ, then of ρ
   */
  void throughParameterization(Slice deviations, Slice gradient) {
    if (parameterization == Parameterization.VARIANCE) {
      // ∂σ²: ∂σ / 2σ.
      backend().elementwise().divide(gradient, deviations, gradient);
      backend().elementwise().scale(0.5f, gradient, gradient);
    }
    backend()
        .elementwise()
        .applyPullback(
            UnaryFunction.SOFTPLUS, factors().rho(), deviations, gradient, gradient, false);
  }

  /** What softplus(ρ) is. */
  public Parameterization parameterization() {
    return parameterization;
  }

  /** v. */
  public float priorVariance() {
    return priorVariance;
  }

  /**
   * Sets v.
   *
   * @param variance positive and finite
   */
  public void setPriorVariance(float variance) {
    requirePositive(variance);
    priorVariance = variance;
  }

  /**
   * Sets the prior's variance to where the divergence of the weights in the model is least: v = the
   * mean of μ² + σ² (empirical Bayes for the whole block).
   */
  public void optimizePriorVariance() {
    Slice mean = factors().mean();
    Slice deviation = standardDeviations();
    backend().memory().pull(mean);
    backend().memory().pull(deviation);
    double sum = 0;
    int count = 0;
    for (int i = 0; i < size(); i++) {
      if (mask == null || mask.get(i) != 0) {
        double m = mean.get(i);
        double s = deviation.get(i);
        sum += m * m + s * s;
        count++;
      }
    }
    if (count > 0) {
      priorVariance = (float) (sum / count);
    }
  }

  /**
   * The weights γ (μ + σ ε) of the draw that the network sees now, or γ μ at the posterior mean;
   * without a shared scale, and for either parameterization. For files, not for steps.
   *
   * @return a new array
   * @throws IllegalStateException if the weights of a row are correlated
   */
  public float[] drawn() {
    if (correlation != null) {
      throw new IllegalStateException(
          name() + " has correlated rows, whose draws are not kept; use its mean");
    }
    if (drawn == null) {
      drawn = allocate(size());
    }
    Slice noise = drawn;
    if (sampling().isMean() || posterior() == Posterior.POINT) {
      backend().elementwise().fill(noise, 0);
    } else {
      backend()
          .noise()
          .normal(sampling().seed(), sampling().stream(index()), sampling().step(), noise);
      backend().elementwise().multiply(noise, standardDeviations(), noise);
    }
    backend().elementwise().addScaled(1, factors().mean(), noise);
    if (mask != null) {
      backend().elementwise().multiply(noise, mask, noise);
    }
    backend().memory().pull(noise);
    return noise.toArray();
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
