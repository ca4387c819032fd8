package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.DiracDivergence;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Map;

/**
 * Indicators γ that are kept in the posterior: w = γ b with b ~ N(0, s²) and γ ~ Bern(λ), so the
 * spike is exactly at zero; q(γ) = Bern(φ), φ = logistic(θ). Bai, Song and Cheng 2020 have a γ for
 * each weight, Jantre, Bhattacharya and Maiti 2023 one for the weights into a unit and its bias.
 *
 * <p>A step draws γ = [y &gt; ½] with y binary concrete and passes the gradient on as if y had been
 * used (straight through). The divergence is that of {@link DiracDivergence}: as a {@link
 * WeightPrior} this weighs that of b with φ.
 */
public final class Gates implements WeightPrior {

  /** Which weights share an indicator. */
  public enum Sharing {
    /** None; each bias has one, too. */
    EDGE,
    /** Those into the same unit, with its bias. */
    NODE
  }

  /** Temperature of the relaxation, as in the code of both papers. */
  private static final float TEMPERATURE = 0.5f;

  private final Backend backend;
  private final Sampling sampling;
  private final int index;
  private final int[] group;
  private final double inclusion;
  private final Normal slab;

  /** θ and its moments, each [groups]. */
  private final Slice logits;

  private final Slice moment1;
  private final Slice moment2;
  private final Slice gradient;
  private final Slice uniform;
  private final Slice open;
  private final Slice slopes;
  private final double[] divergences;
  private long drawn;

  /**
   * @param backend holds the parameters
   * @param sampling which draw
   * @param index of the noise stream, unique in the model
   * @param rows of the weight matrix
   * @param columns of the weight matrix
   * @param bias whether each row has a bias
   * @param sharing which weights share an indicator
   * @param inclusion λ, strictly between 0 and 1
   * @param slab s, a standard deviation
   * @param start φ at the start, strictly between 0 and 1
   */
  public Gates(
      Backend backend,
      Sampling sampling,
      int index,
      int rows,
      int columns,
      boolean bias,
      Sharing sharing,
      double inclusion,
      double slab,
      double start) {
    this.backend = backend;
    this.sampling = sampling;
    this.index = index;
    this.inclusion = inclusion;
    this.slab = new Normal(0, slab);
    int weights = rows * columns;
    this.group = new int[weights + (bias ? rows : 0)];
    for (int i = 0; i < group.length; i++) {
      int row = i < weights ? i / columns : i - weights;
      group[i] = sharing == Sharing.EDGE ? i : row;
    }
    int groups = sharing == Sharing.EDGE ? group.length : rows;
    logits = allocate(groups);
    logits.fill((float) SpecialFunctions.logit(start));
    backend.memory().push(logits);
    moment1 = allocate(groups);
    moment2 = allocate(groups);
    gradient = allocate(groups);
    uniform = allocate(groups);
    open = allocate(groups);
    slopes = allocate(groups);
    divergences = new double[groups];
  }

  private Slice allocate(int n) {
    return new Slice(backend.memory().allocate(n), 0, n);
  }

  /** Parameters and optimiser moments by their names, which begin with the given one. */
  Map<String, Slice> state(String name) {
    return Map.of(name, logits, name + ".moment1", moment1, name + ".moment2", moment2);
  }

  /** Number of weights and biases. */
  int size() {
    return group.length;
  }

  /** φ of each weight, weights before biases. */
  public double[] inclusionProbabilities() {
    backend.memory().pull(logits);
    double[] phi = new double[group.length];
    for (int i = 0; i < phi.length; i++) {
      phi[i] = SpecialFunctions.logistic(logits.get(group[i]));
    }
    return phi;
  }

  /** γ of weight {@code i} in the present draw; φ where the posterior's mean is asked for. */
  float open(int i) {
    return open.get(group[i]);
  }

  /** Draws γ, unless it is drawn already, and ∂y/∂θ. */
  void draw() {
    if (drawn == sampling.version()) {
      return;
    }
    drawn = sampling.version();
    backend.memory().pull(logits);
    if (!sampling.isMean()) {
      backend.noise().uniform(sampling.seed(), sampling.stream(index), sampling.step(), uniform);
      backend.memory().pull(uniform);
    }
    for (int g = 0; g < logits.length(); g++) {
      double theta = logits.get(g);
      if (sampling.isMean()) {
        open.set(g, (float) SpecialFunctions.logistic(theta));
        continue;
      }
      double u = uniform.get(g);
      double noisy = (theta + Math.log(u) - Math.log1p(-u)) / TEMPERATURE;
      double y = SpecialFunctions.logistic(noisy);
      open.set(g, noisy > 0 ? 1 : 0);
      slopes.set(g, (float) (y * (1 - y) / TEMPERATURE));
    }
  }

  /** Forgets the gradient of γ. */
  void clearGradient() {
    gradient.fill(0);
  }

  /** Adds to ∂/∂γ of weight {@code i}'s indicator. */
  void addGradient(int i, float share) {
    gradient.set(group[i], gradient.get(group[i]) + share);
  }

  /** One optimiser step of θ, given the gradient of γ. */
  void update(Slice mean, Slice deviations, VariationalStep step, UpdateRule rule) {
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    sumDivergences(mean, deviations);
    for (int g = 0; g < logits.length(); g++) {
      double theta = logits.get(g);
      gradient.set(
          g,
          (float)
              (step.likelihoodWeight * gradient.get(g) * slopes.get(g)
                  + step.klWeight * DiracDivergence.byLogit(theta, inclusion, divergences[g])));
    }
    backend.memory().push(gradient);
    backend.variational().updatePoint(logits, gradient, moment1, moment2, 1, rule);
  }

  private void sumDivergences(Slice mean, Slice deviations) {
    Arrays.fill(divergences, 0);
    double precision = 1 / slab.variance();
    for (int i = 0; i < group.length; i++) {
      double m = mean.get(i);
      double s = deviations.get(i);
      double ratio = s * s * precision;
      divergences[group[i]] += 0.5 * (ratio + m * m * precision - 1 - Math.log(ratio));
    }
  }

  @Override
  public void addDivergenceGradient(
      float klWeight, Slice mean, Slice deviations, Slice meanGradient, Slice deviationGradient) {
    backend.memory().pull(logits);
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    backend.memory().pull(meanGradient);
    backend.memory().pull(deviationGradient);
    double precision = 1 / slab.variance();
    for (int i = 0; i < group.length; i++) {
      double weight = klWeight * SpecialFunctions.logistic(logits.get(group[i]));
      double s = deviations.get(i);
      meanGradient.set(i, (float) (meanGradient.get(i) + weight * precision * mean.get(i)));
      deviationGradient.set(
          i, (float) (deviationGradient.get(i) + weight * (precision * s - 1 / s)));
    }
    backend.memory().push(meanGradient);
    backend.memory().push(deviationGradient);
  }

  @Override
  public double klDivergence(Slice mean, Slice deviations, Slice mask) {
    backend.memory().pull(logits);
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    double[] sums = new double[logits.length()];
    boolean[] counts = new boolean[logits.length()];
    for (int i = 0; i < group.length; i++) {
      if (mask == null || mask.get(i) != 0) {
        counts[group[i]] = true;
        sums[group[i]] +=
            KullbackLeibler.divergence(new Normal(mean.get(i), deviations.get(i)), slab);
      }
    }
    double total = 0;
    for (int g = 0; g < sums.length; g++) {
      total += counts[g] ? DiracDivergence.total(logits.get(g), inclusion, sums[g]) : 0;
    }
    return total;
  }
}
