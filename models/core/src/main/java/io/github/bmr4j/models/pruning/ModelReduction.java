package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.List;

/**
 * Prunes the weights of a mean-field posterior by Bayesian model reduction: for each weight, the
 * evidence of the model in which its prior is a spike at 0 against the evidence of the model as it
 * is, from the posterior alone. Keeps the masks and, for each weight that left, why.
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
   * @param predicted Σ ΔF of both, in nats
   * @param thresholds of the rule, a layer each; NaN for layers that are not pruned by evidence
   */
  public record Round(
      int round, long byEvidence, long byStructure, double predicted, List<Double> thresholds) {

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
  private final List<Decisions> decisions = new ArrayList<>();

  /**
   * ΔF of each layer's weights: made once, since a back end frees no memory before it is closed.
   */
  private final List<Slice> evidence = new ArrayList<>();

  private int rounds;

  /**
   * @param backend computes the evidence
   * @param layers from input to output
   * @param rule decides
   * @param chained whether each layer is fed by the one before it alone, so that {@link DeadUnits}
   *     are found
   * @param zeroAtZero whether the activations between them map 0 to 0
   */
  public ModelReduction(
      Backend backend, List<Layer> layers, PruningRule rule, boolean chained, boolean zeroAtZero) {
    this.backend = backend;
    this.layers = List.copyOf(layers);
    this.rule = rule;
    this.chained = chained;
    this.zeroAtZero = zeroAtZero;
    for (Layer layer : layers) {
      int n = layer.weights().size();
      evidence.add(new Slice(backend.memory().allocate(n), 0, n));
      decisions.add(
          new Decisions(
              layer.block(), new byte[n], new int[n], new float[n], new float[n], new float[n]));
    }
  }

  /**
   * Prunes once.
   *
   * @throws DivergedException if the evidence of a weight is not finite; nothing is removed then
   */
  public Round prune() {
    List<boolean[]> active = new ArrayList<>();
    List<Double> thresholds = new ArrayList<>();
    List<float[]> deltaF = new ArrayList<>();
    List<Slice> deviations = new ArrayList<>();
    for (int l = 0; l < layers.size(); l++) {
      Layer layer = layers.get(l);
      deviations.add(layer.weights().standardDeviations());
      deltaF.add(evidence(layer, deviations.get(l), evidence.get(l)));
      active.add(active(l));
    }
    long byEvidence = 0;
    List<boolean[]> before = active.stream().map(boolean[]::clone).toList();
    for (int l = 0; l < layers.size(); l++) {
      if (layers.get(l).byEvidence()) {
        thresholds.add(rule.prune(deltaF.get(l), active.get(l)));
        byEvidence += removed(before.get(l), active.get(l));
      } else {
        thresholds.add(Double.NaN);
      }
    }
    List<boolean[]> afterRule = active.stream().map(boolean[]::clone).toList();
    long byStructure = 0;
    if (chained) {
      byStructure =
          DeadUnits.remove(layers.stream().map(Layer::block).toList(), active, zeroAtZero);
    }
    rounds++;
    double predicted = 0;
    for (int l = 0; l < layers.size(); l++) {
      backend.memory().pull(layers.get(l).weights().factors().mean());
      backend.memory().pull(deviations.get(l));
      predicted +=
          record(
              l, before.get(l), afterRule.get(l), active.get(l), deltaF.get(l), deviations.get(l));
      layers.get(l).weights().setMask(mask(active.get(l)));
    }
    return new Round(rounds, byEvidence, byStructure, predicted, thresholds);
  }

  private float[] evidence(Layer layer, Slice deviations, Slice out) {
    MeanFieldNormal weights = layer.weights();
    backend
        .evidence()
        .deltaF(weights.factors().mean(), deviations, weights.priorVariance(), 0, out);
    int bad = backend.reduction().firstNonFinite(out);
    if (bad >= 0) {
      backend.memory().pull(weights.factors().mean());
      backend.memory().pull(deviations);
      throw new DivergedException(
          "The evidence for removing weight "
              + bad
              + " of "
              + weights.name()
              + " is not finite (posterior mean "
              + weights.factors().mean().get(bad)
              + ", standard deviation "
              + deviations.get(bad)
              + "); nothing was pruned");
    }
    backend.memory().pull(out);
    return out.array();
  }

  private boolean[] active(int l) {
    byte[] reason = decisions.get(l).reason();
    boolean[] active = new boolean[reason.length];
    for (int i = 0; i < reason.length; i++) {
      active[i] = reason[i] == Reason.KEPT.code();
    }
    return active;
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

  private double record(
      int l,
      boolean[] before,
      boolean[] afterRule,
      boolean[] after,
      float[] deltaF,
      Slice deviations) {
    Decisions decided = decisions.get(l);
    Slice mean = layers.get(l).weights().factors().mean();
    double predicted = 0;
    for (int i = 0; i < before.length; i++) {
      if (before[i]) {
        decided.mean()[i] = mean.get(i);
        decided.deviation()[i] = deviations.get(i);
        decided.deltaF()[i] = deltaF[i];
        if (!after[i]) {
          Reason reason = afterRule[i] ? Reason.DEAD_UNIT : Reason.EVIDENCE;
          decided.reason()[i] = reason.code();
          decided.round()[i] = rounds;
          predicted += deltaF[i];
        }
      }
    }
    return predicted;
  }

  private static float[] mask(boolean[] active) {
    float[] mask = new float[active.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = active[i] ? 1 : 0;
    }
    return mask;
  }

  /**
   * Goes on where another run stopped: {@link #decisions} hold what its held.
   *
   * @param done rounds that it had done
   */
  public void resumeAt(int done) {
    rounds = done;
    for (int l = 0; done > 0 && l < layers.size(); l++) {
      layers.get(l).weights().setMask(mask(active(l)));
    }
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
    return rounds;
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
