package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;

/**
 * A random quantity of a model with its prior and its approximate posterior: one factor for each
 * element, in unconstrained space, independent unless {@link Posterior} says otherwise. Networks
 * see it through the {@link Draw} nodes that it makes.
 */
public abstract class Latent {

  /** What each factor of the posterior is. */
  public enum Posterior {
    /** N(μ, softplus(ρ)²). */
    NORMAL,
    /**
     * A point mass at μ, so that training maximises the posterior density (MAP) of the quantity
     * itself, without the Jacobian of its unconstrained form. ρ is not used.
     */
    POINT,
    /**
     * For weights: those of an output unit, its bias included, are jointly normal with a covariance
     * of their own ({@link RowCorrelation}); units are independent.
     */
    FULL_ROW,
    /**
     * The same with one covariance V for all units, times a variance of each: MN(M, diag(a²), V).
     */
    MATRIX_NORMAL;

    /** As options and messages have it: {@code full-row}. */
    public String title() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether weights depend on each other. */
    public boolean isCorrelated() {
      return this == FULL_ROW || this == MATRIX_NORMAL;
    }
  }

  private final Backend backend;
  private final String name;
  private final int index;
  private final Sampling sampling;
  private final Posterior posterior;
  private final NormalFactors factors;

  /**
   * @param backend holds the parameters
   * @param name in files and messages, for instance {@code layer1.scale}
   * @param index of the noise stream, unique in the model
   * @param size number of elements
   * @param sampling which draw the network sees
   * @param posterior what each factor is
   */
  protected Latent(
      Backend backend, String name, int index, int size, Sampling sampling, Posterior posterior) {
    this.backend = backend;
    this.name = name;
    this.index = index;
    this.sampling = sampling;
    this.posterior = posterior;
    // Separate arrays: six times the size of a large layer need not fit into one.
    this.factors =
        new NormalFactors(
            allocate(size),
            allocate(size),
            allocate(size),
            allocate(size),
            allocate(size),
            allocate(size));
  }

  /**
   * One optimiser step, after the backward pass.
   *
   * @param draw the node of this latent in the graph that ran
   * @param step weights of likelihood and divergence; the rest is filled in here
   * @param rule the optimiser's step
   */
  public abstract void update(Draw draw, VariationalStep step, UpdateRule rule);

  /**
   * Computes the draw that {@link #sampling} is at: w = s γ b.
   *
   * @param scale s; null for 1
   * @param out w
   */
  void sample(Slice scale, Slice out) {
    backend
        .variational()
        .sample(
            factors, scale, mask(), sampling.seed(), sampling.stream(index), sampling.step(), out);
  }

  /** Called once before the first step, as {@link LatentNode#start}. */
  void start(VariationalStep step, UpdateRule.Kind kind) {
    if (kind == UpdateRule.Kind.IVON) {
      if (posterior != Posterior.NORMAL) {
        throw new IllegalArgumentException(
            "IVON finds a curvature for each weight by itself, but the posterior of "
                + name
                + " is "
                + posterior.title()
                + "; use another optimizer");
      }
      startCurvature(step.klWeight);
    }
  }

  /**
   * δ of IVON times λ: the precision of the prior where it is normal, so that the rule has it in
   * closed form; 0 where the prior is part of gradient and curvature.
   */
  abstract double normalPriorPrecision();

  /**
   * The curvature that {@link UpdateRule.Kind#IVON} starts from: the one that its standard
   * deviations, as they are now, belong to.
   *
   * @param klWeight 1/λ, factor of the divergence in the objective
   */
  private void startCurvature(double klWeight) {
    Slice rho = factors.rho();
    Slice curvature = factors.rhoMoment1();
    backend.memory().pull(rho);
    for (int i = 0; i < rho.length(); i++) {
      double sigma = SpecialFunctions.softplus(rho.get(i));
      double precision = 1 / (sigma * sigma) - normalPriorPrecision();
      curvature.set(i, (float) (klWeight * precision));
    }
    backend.memory().push(curvature);
  }

  /**
   * KL(q‖p) in nats, of the elements that are still in the model; for a posterior of points −ln p
   * of them, since a point has no entropy.
   */
  public abstract double klDivergence();

  /** The first variational parameter that is not finite, in words for a message; null if none. */
  String nonFinite() {
    int i = backend.reduction().firstNonFinite(factors.mean());
    if (i >= 0) {
      return "the posterior mean of " + name + "[" + i + "] is not finite";
    }
    i = backend.reduction().firstNonFinite(factors.rho());
    return i >= 0
        ? "the posterior standard deviation of " + name + "[" + i + "] is not finite"
        : null;
  }

  /**
   * Starting values: means uniform in (−range, range), all standard deviations alike.
   *
   * @param range of the means, at least 0
   * @param standardDeviation positive
   */
  public final void initialize(double range, double standardDeviation) {
    Slice mean = factors.mean();
    int stream = Streams.of(Streams.Purpose.INITIALIZATION, index);
    backend.noise().uniform(sampling.seed(), stream, 0, mean);
    backend.memory().pull(mean);
    for (int i = 0; i < mean.length(); i++) {
      mean.set(i, (float) (range * (2 * mean.get(i) - 1)));
    }
    backend.memory().push(mean);
    backend.elementwise().fill(factors.rho(), (float) Math.log(Math.expm1(standardDeviation)));
    sampling.invalidate();
  }

  /**
   * Starting values: each element at the median of draws from its prior (as NumPyro's {@code
   * init_to_median}), all standard deviations alike.
   *
   * @param draws odd
   * @param standardDeviation positive
   */
  public final void initializeFromPrior(int draws, double standardDeviation) {
    if (draws < 1 || draws % 2 == 0) {
      throw new IllegalArgumentException(
          "The median of " + name + "'s prior needs an odd number of draws, but got " + draws);
    }
    float[][] drawn = new float[draws][];
    for (int k = 0; k < draws; k++) {
      drawn[k] = priorDraw(Streams.of(Streams.Purpose.INITIALIZATION, index), k);
    }
    Slice mean = factors.mean();
    float[] values = new float[draws];
    for (int i = 0; i < mean.length(); i++) {
      for (int k = 0; k < draws; k++) {
        values[k] = drawn[k][i];
      }
      Arrays.sort(values);
      mean.set(i, values[draws / 2]);
    }
    backend.memory().push(mean);
    backend.elementwise().fill(factors.rho(), (float) Math.log(Math.expm1(standardDeviation)));
    sampling.invalidate();
  }

  /** A draw of all elements from the prior, in unconstrained space. */
  abstract float[] priorDraw(int stream, int draw);

  /** What each factor of the posterior is. */
  public final Posterior posterior() {
    return posterior;
  }

  /** Name in files and messages. */
  public final String name() {
    return name;
  }

  /** Seed of all noise of the model that this is part of. */
  public final long seed() {
    return sampling.seed();
  }

  /** Number of elements. */
  public final int size() {
    return factors.length();
  }

  /** Variational parameters and optimiser moments. */
  public final NormalFactors factors() {
    return factors;
  }

  /** Variational parameters and optimiser moments by their names. */
  Map<String, Slice> state() {
    return Map.of(
        name + ".mean", factors.mean(),
        name + ".rho", factors.rho(),
        name + ".mean.moment1", factors.meanMoment1(),
        name + ".mean.moment2", factors.meanMoment2(),
        name + ".rho.moment1", factors.rhoMoment1(),
        name + ".rho.moment2", factors.rhoMoment2());
  }

  /** Factors γ that the network's view of the elements is multiplied with, or null for all 1. */
  public Slice mask() {
    return null;
  }

  /** Holds the parameters. */
  protected final Backend backend() {
    return backend;
  }

  /** Which draw the network sees. */
  protected final Sampling sampling() {
    return sampling;
  }

  final int index() {
    return index;
  }

  /** A new slice in the back end's memory. */
  protected final Slice allocate(int size) {
    return new Slice(backend.memory().allocate(size), 0, size);
  }
}
