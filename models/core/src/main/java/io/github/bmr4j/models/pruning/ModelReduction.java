package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Prunes the weights of a posterior by Bayesian model reduction: for each weight, the evidence of
 * the model in which its prior is a spike at 0 against the evidence of the model as it is, from the
 * posterior alone: from mean and standard deviation of each weight, whatever its correlations; what
 * a round removes together is then counted in the joint form. Keeps the masks and, for each weight
 * that left, why.
 */
public final class ModelReduction {

  /** Why a weight left. */
  public enum Reason {
    /** It is in the model. */
    KEPT(0),
    /** The rule preferred the evidence without it. */
    EVIDENCE(1),
    /** It does nothing since other weights left. */
    DEAD_UNIT(2);

    private final byte code;

    Reason(int code) {
      this.code = (byte) code;
    }

    /** The number that stands for it in {@link Decisions} and in files. */
    public byte code() {
      return code;
    }
  }

  /**
   * What one round did.
   *
   * @param round from 1
   * @param byEvidence weights that the rule removed
   * @param byStructure weights of dead units
   * @param predicted ΔF of both together, and of what weights that stay have shrunk, in nats: the
   *     sum of each one's, unless the posterior has weights that depend on each other
   * @param thresholds of the rule, a layer each; NaN for layers that are not pruned by evidence
   * @param priorVariances v of the prior N(0, v) that the evidence was computed with, a layer each
   */
  public record Round(
      int round,
      long byEvidence,
      long byStructure,
      double predicted,
      List<Double> thresholds,
      List<Double> priorVariances) {

    /** Keeps the lists from being changed. */
    public Round {
      thresholds = List.copyOf(thresholds);
      priorVariances = List.copyOf(priorVariances);
    }

    /** Weights removed. */
    public long removed() {
      return byEvidence + byStructure;
    }
  }

  /**
   * What is known of each weight of a layer: for removed ones as it was when they were removed.
   *
   * @param block the layer
   * @param reason {@link Reason#code} of each, a weight each
   * @param round in which it was removed, or 0
   * @param mean posterior mean at removal
   * @param deviation posterior standard deviation at removal
   * @param deltaF evidence for removal in nats
   */
  public record Decisions(
      ParameterBlock block,
      byte[] reason,
      int[] round,
      float[] mean,
      float[] deviation,
      float[] deltaF) {

    /** Number of weights still in the model. */
    public long kept() {
      long kept = 0;
      for (byte r : reason) {
        kept += r == Reason.KEPT.code() ? 1 : 0;
      }
      return kept;
    }
  }

  /**
   * A layer that takes part.
   *
   * @param block its shape
   * @param weights its posterior
   * @param byEvidence whether the rule may remove its weights (else only dead units leave)
   */
  public record Layer(ParameterBlock block, MeanFieldNormal weights, boolean byEvidence) {}

  private final Backend backend;
  private final List<Layer> layers;
  private final PruningRule rule;
  private final boolean chained;
  private final boolean zeroAtZero;
  private final boolean correlated;
  private final List<Decisions> decisions = new ArrayList<>();

  /** What the rule sees: made once, since a back end frees no memory before it is closed. */
  private final List<LayerEvidence> evidence = new ArrayList<>();

  private final List<Round> history = new ArrayList<>();
  private Function<ParameterBlock, float[]> saliencies = block -> null;

  /**
   * @param backend computes the evidence
   * @param layers from input to output
   * @param rule decides
   * @param chained whether each layer is fed by the one before it alone, so that {@link DeadUnits}
   *     are found
   * @param zeroAtZero whether the activations between them map 0 to 0
   * @throws IllegalArgumentException if the rule needs independent weights and they are not
   */
  public ModelReduction(
      Backend backend, List<Layer> layers, PruningRule rule, boolean chained, boolean zeroAtZero) {
    this.backend = backend;
    this.layers = List.copyOf(layers);
    this.rule = rule;
    this.chained = chained;
    this.zeroAtZero = zeroAtZero;
    this.correlated = layers.stream().anyMatch(l -> l.weights().posterior().isCorrelated());
    if (correlated && (rule.reducesPosterior() || rule.shrinks())) {
      throw new IllegalArgumentException(
          "The rule "
              + rule.name()
              + (rule.shrinks() ? " shrinks weights" : " replaces the posterior by the reduced one")
              + ", which is there for posteriors of independent weights only, not for one that is "
              + layers.get(0).weights().posterior().title());
    }
    for (Layer layer : layers) {
      int n = layer.weights().size();
      evidence.add(new LayerEvidence(backend, layer.block(), evidence.size(), layer.weights()));
      decisions.add(
          new Decisions(
              layer.block(), new byte[n], new int[n], new float[n], new float[n], new float[n]));
    }
  }

  /**
   * Gives rules what {@link WeightScore#SALIENCY} needs.
   *
   * @param source for each layer |w ∂w| of its weights in the last training step; null for none
   */
  public void setSaliencies(Function<ParameterBlock, float[]> source) {
    saliencies = source;
  }

  /**
   * Prunes once.
   *
   * @throws DivergedException if the evidence of a weight is not finite; nothing is removed then
   */
  public Round prune() {
    List<Double> priorVariances = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      measure(layers.get(l), evidence.get(l));
      priorVariances.add((double) layers.get(l).weights().priorVariance());
    }
    List<boolean[]> before = masks();
    List<float[]> factors = evidence.stream().map(layer -> layer.factors().clone()).toList();
    List<Double> decided = rule.prune(byEvidence(evidence));
    long byEvidence = 0;
    List<Double> thresholds = new ArrayList<>();
    for (int l = 0, next = 0; l < layers.size(); l++) {
      thresholds.add(layers.get(l).byEvidence() ? decided.get(next++) : Double.NaN);
      byEvidence += removed(before.get(l), evidence.get(l).active());
    }
    List<boolean[]> afterRule = masks();
    long byStructure = 0;
    if (chained) {
      List<boolean[]> active = evidence.stream().map(LayerEvidence::active).toList();
      byStructure =
          DeadUnits.remove(layers.stream().map(Layer::block).toList(), active, zeroAtZero);
    }
    int round = history.size() + 1;
    double predicted = 0;
    for (int l = 0; l < layers.size(); l++) {
      double removed = record(l, round, before.get(l), afterRule.get(l));
      if (evidence.get(l).isCorrelated()) {
        removed = evidence.get(l).deltaF(left(before.get(l), evidence.get(l).active()));
      }
      predicted += evidence.get(l).shrinkage() + removed;
      if (rule.reducesPosterior()) {
        ReducedPosterior.take(
            backend, layers.get(l).weights(), evidence.get(l), before.get(l), factors.get(l));
      }
      layers.get(l).weights().setMask(mask(evidence.get(l)));
    }
    Round done = new Round(round, byEvidence, byStructure, predicted, thresholds, priorVariances);
    history.add(done);
    return done;
  }

  private List<boolean[]> masks() {
    return evidence.stream().map(layer -> layer.active().clone()).toList();
  }

  private List<LayerEvidence> byEvidence(List<LayerEvidence> all) {
    List<LayerEvidence> chosen = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      if (layers.get(l).byEvidence()) {
        chosen.add(all.get(l));
      }
    }
    return chosen;
  }

  private void measure(Layer layer, LayerEvidence seen) {
    MeanFieldNormal weights = layer.weights();
    Slice mean = weights.factors().mean();
    Slice deviations = weights.standardDeviations();
    Slice out = seen.deltaFSlice();
    backend.evidence().deltaF(mean, deviations, weights.priorVariance(), 0, out);
    int bad = backend.reduction().firstNonFinite(out);
    if (bad < 0) {
      // Too small a scale counts as the least there is, but one that is no number decides nothing.
      bad = backend.reduction().firstNonFinite(weights.factors().rho());
    }
    backend.memory().pull(mean);
    backend.memory().pull(deviations);
    if (bad >= 0) {
      throw new DivergedException(
          "The evidence for removing weight "
              + bad
              + " of "
              + weights.name()
              + " is not finite (posterior mean "
              + mean.get(bad)
              + ", standard deviation "
              + deviations.get(bad)
              + "); nothing was pruned");
    }
    backend.memory().pull(out);
    seen.begin(
        history.size() + 1,
        weights.priorVariance(),
        deviations,
        () -> saliencies.apply(layer.block()));
  }

  private static long removed(boolean[] before, boolean[] after) {
    long removed = 0;
    for (int i = 0; i < before.length; i++) {
      if (after[i] && !before[i]) {
        throw new IllegalStateException("A pruning rule put weight " + i + " back into the model");
      }
      removed += before[i] && !after[i] ? 1 : 0;
    }
    return removed;
  }

  private static int[] left(boolean[] before, boolean[] after) {
    return IntStream.range(0, before.length).filter(i -> before[i] && !after[i]).toArray();
  }

  private double record(int l, int round, boolean[] before, boolean[] afterRule) {
    Decisions decided = decisions.get(l);
    LayerEvidence seen = evidence.get(l);
    double predicted = 0;
    for (int i = 0; i < before.length; i++) {
      if (before[i]) {
        decided.mean()[i] = seen.mean().get(i);
        decided.deviation()[i] = seen.deviation().get(i);
        decided.deltaF()[i] = seen.deltaF()[i];
        if (!seen.active()[i]) {
          Reason reason = afterRule[i] ? Reason.DEAD_UNIT : Reason.EVIDENCE;
          decided.reason()[i] = reason.code();
          decided.round()[i] = round;
          predicted += seen.deltaF()[i];
        }
      }
    }
    return predicted;
  }

  private static float[] mask(LayerEvidence layer) {
    float[] mask = new float[layer.active().length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = layer.active()[i] ? layer.factors()[i] : 0;
    }
    return mask;
  }

  /**
   * Goes on where another run stopped: {@link #decisions} and {@link #factors} hold what its held.
   *
   * @param done the rounds that it had done
   */
  public void resumeAt(List<Round> done) {
    history.clear();
    history.addAll(done);
    for (int l = 0; !done.isEmpty() && l < layers.size(); l++) {
      boolean[] active = evidence.get(l).active();
      for (int i = 0; i < active.length; i++) {
        active[i] = decisions.get(l).reason()[i] == Reason.KEPT.code();
      }
      layers.get(l).weights().setMask(mask(evidence.get(l)));
    }
  }

  /** The factors γ of each layer's weights that a rule may have shrunk, as they are kept here. */
  public List<float[]> factors() {
    return evidence.stream().map(LayerEvidence::factors).toList();
  }

  /** What is known of each layer's weights, from input to output. */
  public List<Decisions> decisions() {
    return List.copyOf(decisions);
  }

  /** Decides which weights leave. */
  public PruningRule rule() {
    return rule;
  }

  /** How often was pruned. */
  public int rounds() {
    return history.size();
  }

  /** The rounds so far. */
  public List<Round> history() {
    return List.copyOf(history);
  }

  /** Whether dead units are looked for. */
  public boolean isChained() {
    return chained;
  }

  /** Whether the activations between the layers map 0 to 0. */
  public boolean isZeroAtZero() {
    return zeroAtZero;
  }

  /** Whether a posterior has weights that depend on each other, so that their ΔF do not add up. */
  public boolean isCorrelated() {
    return correlated;
  }

  /** The layers that take part, from input to output. */
  public List<Layer> layers() {
    return layers;
  }

  /** Number of weights of all layers. */
  public long total() {
    return decisions.stream().mapToLong(layer -> layer.reason().length).sum();
  }

  /** Number of weights still in the model. */
  public long kept() {
    return decisions.stream().mapToLong(Decisions::kept).sum();
  }
}
