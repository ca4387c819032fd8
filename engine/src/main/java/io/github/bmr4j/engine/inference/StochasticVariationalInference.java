package io.github.bmr4j.engine.inference;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Maximises the evidence lower bound by stochastic gradients with one reparameterised sample a
 * step.
 *
 * <p>The objective in nats over the whole data set of N examples is ELBO = E_q[Σ ln p(y|x, w)] −
 * KL(q‖p), estimated from a batch of B examples by weighting their log likelihood with N/B. What
 * the optimiser minimises is −ELBO/N: this class is the one place that divides by N, so that
 * learning rates do not depend on the size of the data.
 */
public final class StochasticVariationalInference {

  /**
   * Steps between looks at every parameter. What is not finite shows in the next step's loss, save
   * where a unit or a mask hides it.
   */
  private static final int CHECK_EVERY = 100;

  private final Backend backend;
  private final Graph graph;
  private final Node loss;
  private final LatentNode[] latents;
  private final Optimizer optimizer;
  private final Sampling sampling;
  private final VariationalStep step = new VariationalStep();
  private final float fullDivergence;

  /** Where the loss is not read in each step; else null. */
  private LossReadings readings;

  /**
   * @param backend does the work
   * @param graph computes {@code loss}; every {@link LatentNode} in it is trained
   * @param loss Σ over the batch of −ln p(y|x, w), in nats
   * @param optimizer of all variational parameters
   * @param sampling that the draws follow
   * @param examples N
   * @param batch B
   * @param divergence how KL enters the gradient
   */
  public StochasticVariationalInference(
      Backend backend,
      Graph graph,
      Node loss,
      Optimizer optimizer,
      Sampling sampling,
      long examples,
      int batch,
      VariationalStep.Divergence divergence) {
    this.backend = backend;
    this.graph = graph;
    this.loss = loss;
    this.optimizer = optimizer;
    this.sampling = sampling;
    this.latents =
        graph.nodes().stream()
            .filter(LatentNode.class::isInstance)
            .map(LatentNode.class::cast)
            .toArray(LatentNode[]::new);
    step.divergence = divergence;
    step.likelihoodWeight = 1f / batch;
    this.fullDivergence = 1f / examples;
    step.klWeight = fullDivergence;
  }

  /**
   * Weakens the divergence in the objective, for a warm-up: E_q[ln p] − weight · KL(q‖p). Only at 1
   * is it the evidence lower bound, and only then do the posterior's evidences mean something.
   *
   * @param weight in [0, 1]; 1 unless set
   */
  public void setDivergenceWeight(double weight) {
    if (!(weight >= 0 && weight <= 1)) {
      throw new IllegalArgumentException(
          "The divergence's weight must lie in [0, 1], but is " + weight);
    }
    step.klWeight = (float) (weight * fullDivergence);
  }

  /**
   * How often the host asks for the loss. In each step it is checked before the parameters change;
   * a device then waits for the host in the middle of each step. Else it is checked every so many
   * steps, at a step's end, for all the steps since: one that is not finite ends the run up to
   * {@code period − 1} steps late, with its number.
   *
   * @param period in steps, positive; 1 unless set
   */
  public void setLossPeriod(int period) {
    if (period < 1) {
      throw new IllegalArgumentException(
          "The loss must be read every so many steps, at least 1, but the period is " + period);
    }
    readings = period == 1 ? null : new LossReadings(backend, period);
  }

  /**
   * One step on the batch that the graph's inputs hold. Allocates nothing.
   *
   * @return Σ over the batch of −ln p(y|x, w) at the sampled weights, in nats; where {@link
   *     #setLossPeriod} says more than one step, the mean of the steps of the last reading
   * @throws DivergedException if that is not finite; or, each hundred steps, if a parameter is not
   */
  public double step() {
    if (optimizer.steps() == 0) {
      for (LatentNode latent : latents) {
        latent.start(step, optimizer.rule().kind);
      }
    }
    UpdateRule rule = optimizer.nextStep();
    sampling.training(optimizer.steps());
    graph.forward();
    double nats = readings == null ? readLoss() : keepLoss();
    graph.backward();
    for (LatentNode latent : latents) {
      latent.update(step, rule);
    }
    sampling.invalidate();
    if (readings != null && readings.isDue()) {
      nats = readLosses();
    }
    if (optimizer.steps() % CHECK_EVERY == 0) {
      requireFinite();
    }
    return nats;
  }

  private double readLoss() {
    Slice value = loss.value().slice();
    backend.memory().pull(value);
    float nats = value.get(0);
    if (!Float.isFinite(nats)) {
      throw diverged(nats);
    }
    return nats;
  }

  private double keepLoss() {
    readings.keep(loss.value().slice());
    return readings.mean();
  }

  private double readLosses() {
    int finite = readings.read();
    int behind = readings.count() - 1 - finite;
    if (behind >= 0) {
      throw new DivergedException(
          "The loss became "
              + readings.loss(finite)
              + " at step "
              + (steps() - behind)
              + (behind == 0 ? "" : ", which was seen at step " + steps())
              + ADVICE);
    }
    readings.clear();
    return readings.mean();
  }

  /** Number of steps so far. */
  public long steps() {
    return optimizer.steps();
  }

  /**
   * All that steps change and the next step needs, besides {@link #steps()}: parameters and
   * optimiser moments in the back end's memory, by their names in the order of these.
   */
  public SortedMap<String, Slice> state() {
    SortedMap<String, Slice> state = new TreeMap<>();
    for (LatentNode latent : latents) {
      state.putAll(latent.state());
    }
    return state;
  }

  /**
   * Goes on where another run stopped: the arrays of {@link #state()} hold what its held.
   *
   * @param steps that it had done
   */
  public void resumeAt(long steps) {
    state().values().forEach(backend.memory()::push);
    optimizer.resumeAt(steps);
    sampling.invalidate();
  }

  /** KL(q‖p) of all latents in nats. */
  public double klDivergence() {
    double sum = 0;
    for (LatentNode latent : latents) {
      sum += latent.klDivergence();
    }
    return sum;
  }

  /**
   * Makes sure that every variational parameter is finite.
   *
   * @throws DivergedException naming the latent, the element and the step
   */
  public void requireFinite() {
    for (LatentNode latent : latents) {
      String found = latent.nonFinite();
      if (found != null) {
        throw new DivergedException(found + " after step " + steps() + ADVICE);
      }
    }
  }

  private static final String ADVICE = "; use a lower learning rate or check the data";

  private DivergedException diverged(float nats) {
    List<String> causes =
        Arrays.stream(latents).map(LatentNode::nonFinite).filter(Objects::nonNull).toList();
    String where = causes.isEmpty() ? "" : " (" + causes.get(0) + ")";
    return new DivergedException(
        "The loss became " + nats + " at step " + steps() + where + ADVICE);
  }
}
