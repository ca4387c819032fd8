package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Map;

/**
 * Random factors θ on the outputs of structures (units, filters, hidden features), with independent
 * log-uniform priors on [a, b] and truncated log-normal posteriors LogN(μ, σ²) on the same bounds
 * (Neklyudov, Molchanov, Ashukha and Vetrov 2017; Wright, Igel and Selvan 2024). Parameters are μ
 * and ln σ, the latter between limits at which its gradient ends. A structure that has left the
 * model has θ = 0.
 *
 * <p>There are few structures beside the weights, so what is needed once for each is computed on
 * the host, in double.
 */
public final class MultiplicativeNoise {

  /** How many draws of a structure's θ a training step sees. */
  public enum Granularity {
    /** One for each example and position: as the authors' code. */
    ELEMENT,
    /** One that the whole batch shares: a draw of the model, as in the paper. */
    STRUCTURE
  }

  private final Backend backend;
  private final String name;
  private final int index;
  private final LogUniform prior;
  private final LogUniform scales;
  private final Granularity granularity;
  private final Sampling sampling;
  private final Slice[] location;
  private final Slice[] logScale;
  private final boolean[] kept;
  private final TruncatedNormal factor = new TruncatedNormal();
  private double divergenceFactor = 1;
  private boolean deterministic;

  /**
   * @param backend holds the parameters
   * @param name in files and messages
   * @param index of the noise stream, unique in the model
   * @param size number of structures
   * @param prior of each
   * @param scales limits of σ, as limits of ln σ
   * @param granularity how many draws a step sees
   * @param sampling which draw the network sees
   */
  public MultiplicativeNoise(
      Backend backend,
      String name,
      int index,
      int size,
      LogUniform prior,
      LogUniform scales,
      Granularity granularity,
      Sampling sampling) {
    this.backend = backend;
    this.name = name;
    this.index = index;
    this.prior = prior;
    this.scales = scales;
    this.granularity = granularity;
    this.sampling = sampling;
    this.location = trainable(size);
    this.logScale = trainable(size);
    this.kept = new boolean[size];
    Arrays.fill(kept, true);
  }

  /** Values, first and second moment, gradient. */
  private Slice[] trainable(int size) {
    Slice[] slices = new Slice[4];
    for (int i = 0; i < slices.length; i++) {
      slices[i] = new Slice(backend.memory().allocate(size), 0, size);
    }
    return slices;
  }

  /**
   * Starting values, the same for all.
   *
   * @param location μ, finite
   * @param logScale ln σ, finite
   */
  public void initialize(double location, double logScale) {
    backend.elementwise().fill(this.location[0], (float) location);
    backend.elementwise().fill(this.logScale[0], (float) logScale);
    sampling.invalidate();
  }

  /**
   * A node x ⊙ θ.
   *
   * @param x activations
   * @param axis along which the structures lie; its extent is their number
   */
  public NoisyActivation on(Node x, int axis) {
    return new NoisyActivation(this, x, axis);
  }

  /**
   * What this noise's KL is multiplied with in the objective. With 1, the objective is the evidence
   * lower bound.
   *
   * @param factor at least 0 and finite
   */
  public void setDivergenceFactor(double factor) {
    if (!(factor >= 0 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "The divergence's factor of " + name + " must be >= 0 and finite, but is " + factor);
    }
    divergenceFactor = factor;
  }

  /**
   * Whether each θ is its mean, whatever the network draws, and its posterior is no longer trained.
   *
   * @param deterministic false to draw and to train again
   */
  public void setDeterministic(boolean deterministic) {
    this.deterministic = deterministic;
    sampling.invalidate();
  }

  /** Whether each θ is its mean now. */
  boolean isMean() {
    return deterministic || sampling.isMean();
  }

  /** Σ KL(q‖p) in nats of the structures that are in the model. */
  public double klDivergence() {
    pullParameters();
    double sum = 0;
    for (int i = 0; i < kept.length; i++) {
      sum += kept[i] ? divergence(i) : 0;
    }
    return sum;
  }

  /** The mean KL(q‖p) in nats of all structures, also of those that have left the model. */
  public double meanDivergence() {
    pullParameters();
    double sum = 0;
    for (int i = 0; i < kept.length; i++) {
      sum += divergence(i);
    }
    return kept.length == 0 ? 0 : sum / kept.length;
  }

  private double divergence(int i) {
    return Math.log(prior.width()) - factor(i).entropy();
  }

  /**
   * The posterior of a structure's θ.
   *
   * @param i 0 … size − 1
   */
  public TruncatedLogNormal posterior(int i) {
    pullParameters();
    return new TruncatedLogNormal(
        location[0].get(i), Math.exp(clampedLogScale(i)), prior.lower(), prior.upper());
  }

  /** The prior of each structure's θ. */
  public LogUniform prior() {
    return prior;
  }

  /** Name in files and messages. */
  public String name() {
    return name;
  }

  /** Number of structures. */
  public int size() {
    return kept.length;
  }

  /** Whether a structure is in the model. */
  public boolean isKept(int i) {
    return kept[i];
  }

  /**
   * Says which structures are in the model; one that has left may come back.
   *
   * @param values one for each structure
   */
  public void setKept(boolean[] values) {
    if (values.length != kept.length) {
      throw new IllegalArgumentException(
          "The mask of " + name + " needs " + kept.length + " values, but got " + values.length);
    }
    System.arraycopy(values, 0, kept, 0, kept.length);
    sampling.invalidate();
  }

  /** μ of each structure. */
  public Slice locations() {
    return location[0];
  }

  /** ln σ of each structure, not limited yet. */
  public Slice logScales() {
    return logScale[0];
  }

  /** The distribution of ln θ of structure i, until the next call. */
  TruncatedNormal factor(int i) {
    return factor.set(
        location[0].get(i), Math.exp(clampedLogScale(i)), prior.lower(), prior.upper());
  }

  private double clampedLogScale(int i) {
    return Math.min(scales.upper(), Math.max(scales.lower(), logScale[0].get(i)));
  }

  private boolean isScaleFree(int i) {
    return logScale[0].get(i) >= scales.lower() && logScale[0].get(i) <= scales.upper();
  }

  void pullParameters() {
    backend.memory().pull(location[0]);
    backend.memory().pull(logScale[0]);
  }

  /** One optimiser step from Σ ∂(−ln p)/∂θ · ∂θ/∂μ and the same for ln σ, a structure each. */
  void update(Slice byLocation, Slice byLogScale, VariationalStep step, UpdateRule rule) {
    if (deterministic) {
      return;
    }
    backend.memory().pull(byLocation);
    backend.memory().pull(byLogScale);
    pullParameters();
    double weight = step.klWeight * divergenceFactor;
    for (int i = 0; i < kept.length; i++) {
      TruncatedNormal q = factor(i);
      double free = isScaleFree(i) ? 1 : 0;
      location[3].set(
          i, (float) (step.likelihoodWeight * byLocation.get(i) - weight * q.entropyByLocation()));
      logScale[3].set(
          i,
          (float)
              (free
                  * (step.likelihoodWeight * byLogScale.get(i) - weight * q.entropyByLogScale())));
    }
    apply(location, rule);
    apply(logScale, rule);
  }

  private void apply(Slice[] parameter, UpdateRule rule) {
    backend.memory().push(parameter[3]);
    backend
        .variational()
        .updatePoint(parameter[0], parameter[3], parameter[1], parameter[2], 1, rule);
  }

  /** The first parameter that is not finite, in words for a message; null if none. */
  String nonFinite() {
    int i = backend.reduction().firstNonFinite(location[0]);
    if (i >= 0) {
      return "the posterior location of " + name + "[" + i + "] is not finite";
    }
    i = backend.reduction().firstNonFinite(logScale[0]);
    return i >= 0 ? "the posterior scale of " + name + "[" + i + "] is not finite" : null;
  }

  /** Parameters and optimiser moments by their names. */
  Map<String, Slice> state() {
    return Map.of(
        name + ".location", location[0],
        name + ".location.moment1", location[1],
        name + ".location.moment2", location[2],
        name + ".scale", logScale[0],
        name + ".scale.moment1", logScale[1],
        name + ".scale.moment2", logScale[2]);
  }

  Granularity granularity() {
    return granularity;
  }

  Sampling sampling() {
    return sampling;
  }

  int index() {
    return index;
  }
}
