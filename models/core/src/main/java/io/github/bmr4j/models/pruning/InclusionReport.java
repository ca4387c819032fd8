package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.reduction.InclusionProbability;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.engine.reduction.InclusionRule;
import io.github.bmr4j.engine.reduction.SharedResponsibility;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleUnaryOperator;

/**
 * Inclusion probabilities of the weights, units and input features of a chain of dense layers, and
 * what is kept by them.
 *
 * <p>Layers are visited from the output backwards, and only weights into units that are kept count:
 * a weight into a dead unit has no likelihood, relaxes to the slab, and would be called included by
 * every estimator that looks at its size.
 */
public final class InclusionReport {

  /**
   * A layer's posterior.
   *
   * @param block its shape
   * @param means μ, biases last
   * @param deviations σ
   * @param prior of each weight
   * @param indicators φ of each where the posterior has indicators of its own, else null
   * @param sharedByUnit whether these are shared by the weights into a unit and its bias
   */
  public record Posterior(
      ParameterBlock block,
      float[] means,
      float[] deviations,
      ScaleMixture prior,
      double[] indicators,
      boolean sharedByUnit) {}

  /** What is decided on. */
  public enum Level {
    /** Single weights. A unit or feature stays while a weight of it does. */
    WEIGHTS,
    /** All outgoing weights of a unit or feature together. */
    NODES,
    /** Units and features, and then single weights of those that stay. */
    BOTH
  }

  /** What the weights of a unit or feature are taken to be when it is in. */
  public enum Grouping {
    /** All in the slab: they share one indicator. For priors in which they do. */
    SHARED,
    /**
     * Each in slab or spike, by an indicator of its own: logit π + Σ ln(1 − π + π eᵉ) with e the
     * evidence of each. One weight that is needed is enough, and spikes cost little.
     */
    SEPARATE
  }

  /**
   * How inclusion is estimated and decided.
   *
   * @param level what is decided on
   * @param grouping what the weights of a unit or feature are when it is in
   * @param weights estimator for single weights
   * @param nodes estimator for units and features
   * @param threshold what a probability must exceed; ½ is the median probability model
   * @param falseDiscoveryRate if positive, decides instead of the threshold, a layer at a time
   * @param manyCandidates whether the number p of candidates in a layer counts: prior odds of a
   *     unit or feature are then 1 to p − 1, so that one is expected, instead of those of a weight.
   *     The largest evidence among p that do nothing grows with ln p (Scott, Berger: Bayes and
   *     empirical-Bayes multiplicity adjustment, Annals of Statistics 2010)
   */
  public record Rule(
      Level level,
      Grouping grouping,
      Estimator weights,
      Estimator nodes,
      double threshold,
      double falseDiscoveryRate,
      boolean manyCandidates) {

    /** Checks the domains. */
    public Rule {
      if (!(threshold >= 0 && threshold < 1)
          || !(falseDiscoveryRate >= 0 && falseDiscoveryRate < 1)) {
        throw new IllegalArgumentException(
            "Threshold and false discovery rate must lie in [0, 1), but are "
                + threshold
                + " and "
                + falseDiscoveryRate);
      }
    }

    private boolean[] decide(double[] probabilities) {
      return falseDiscoveryRate > 0
          ? InclusionRule.falseDiscoveryRate(probabilities, falseDiscoveryRate)
          : InclusionRule.above(probabilities, threshold);
    }
  }

  /**
   * What is known of a layer.
   *
   * @param block its shape
   * @param weightProbabilities of each weight of the matrix; 0 for those into dead units
   * @param outgoingLogits of each column: the input's uses together
   * @param incomingLogits of each row: the weights into the unit together
   * @param kept which parameters stay, biases last
   * @param means μ, biases with the constants that have become part of them
   */
  public record Layer(
      ParameterBlock block,
      double[] weightProbabilities,
      double[] outgoingLogits,
      double[] incomingLogits,
      boolean[] kept,
      float[] means) {

    /** Number of weights kept, biases included. */
    public long keptParameters() {
      long n = 0;
      for (boolean k : kept) {
        n += k ? 1 : 0;
      }
      return n;
    }

    /** Which inputs are used. */
    public boolean[] usedInputs() {
      boolean[] used = new boolean[block.columns()];
      for (int k = 0; k < block.rows() * block.columns(); k++) {
        used[k % block.columns()] |= kept[k];
      }
      return used;
    }
  }

  private final List<Posterior> posterior;
  private final Rule rule;
  private final UnaryFunction activation;
  private final List<Layer> layers = new ArrayList<>();

  /**
   * @param posterior of the layers, from input to output; each but the first has as many columns as
   *     the one before has rows
   * @param rule how inclusion is estimated and decided
   * @param activation between the layers
   */
  public InclusionReport(List<Posterior> posterior, Rule rule, UnaryFunction activation) {
    this.posterior = List.copyOf(posterior);
    this.rule = rule;
    this.activation = activation;
    boolean[] live = new boolean[posterior.get(posterior.size() - 1).block().rows()];
    Arrays.fill(live, true);
    for (int l = posterior.size() - 1; l >= 0; l--) {
      Layer layer = decide(posterior.get(l), live);
      layers.add(layer);
      live = layer.usedInputs();
    }
    Collections.reverse(layers);
    foldConstants();
  }

  private Layer decide(Posterior p, boolean[] live) {
    int rows = p.block().rows();
    int columns = p.block().columns();
    double[] weights = weightProbabilities(p, live);
    double[] outgoing = new double[columns];
    for (int j = 0; j < columns; j++) {
      outgoing[j] = outgoing(p, weights, live, j) + adjustment(p, columns);
    }
    double[] incoming = new double[rows];
    for (int i = 0; i < rows; i++) {
      incoming[i] = incoming(p, i);
    }
    boolean[] node = rule.level() == Level.WEIGHTS ? all(columns) : rule.decide(logistic(outgoing));
    boolean[] weight = rule.level() == Level.NODES ? all(weights.length) : rule.decide(weights);
    boolean[] kept = new boolean[p.block().size()];
    for (int i = 0; i < rows; i++) {
      boolean unit = live[i] && !isClosed(p, i);
      for (int j = 0; j < columns; j++) {
        int k = i * columns + j;
        kept[k] = unit && node[j] && weight[k];
      }
      if (p.block().bias()) {
        kept[rows * columns + i] = unit;
      }
    }
    return new Layer(p.block(), weights, outgoing, incoming, kept, p.means().clone());
  }

  /** From the prior odds of a weight to those of one in so many candidates. */
  private double adjustment(Posterior p, int candidates) {
    return rule.manyCandidates() && p.indicators() == null
        ? -Math.log(Math.max(1, candidates - 1)) - SpecialFunctions.logit(p.prior().inclusion())
        : 0;
  }

  /** Whether the posterior's own indicator of a unit is off. */
  private boolean isClosed(Posterior p, int row) {
    return p.sharedByUnit() && p.indicators()[row * p.block().columns()] <= rule.threshold();
  }

  private double[] weightProbabilities(Posterior p, boolean[] live) {
    int columns = p.block().columns();
    double[] probabilities = new double[p.block().rows() * columns];
    for (int k = 0; k < probabilities.length; k++) {
      if (!live[k / columns]) {
        continue;
      }
      probabilities[k] =
          p.indicators() == null
              ? InclusionProbability.probability(normal(p, k), p.prior(), rule.weights())
              : p.indicators()[k];
    }
    return probabilities;
  }

  private double outgoing(Posterior p, double[] weights, boolean[] live, int column) {
    int columns = p.block().columns();
    if (p.indicators() != null && !p.sharedByUnit()) {
      double largest = 0;
      for (int i = 0; i < live.length; i++) {
        largest = Math.max(largest, weights[i * columns + column]);
      }
      return logit(largest);
    }
    int[] members = new int[live.length];
    int n = 0;
    for (int i = 0; i < live.length; i++) {
      if (live[i]) {
        members[n++] = i * columns + column;
      }
    }
    return groupLogit(p, Arrays.copyOf(members, n));
  }

  private double incoming(Posterior p, int row) {
    int columns = p.block().columns();
    if (p.sharedByUnit()) {
      return logit(p.indicators()[row * columns]);
    }
    int[] members = new int[columns];
    Arrays.setAll(members, j -> row * columns + j);
    return groupLogit(p, members);
  }

  private double groupLogit(Posterior p, int[] members) {
    if (members.length == 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (rule.grouping() == Grouping.SEPARATE) {
      return separateLogit(p, members);
    }
    if (rule.nodes() == Estimator.RAO_BLACKWELL) {
      double[] means = new double[members.length];
      double[] deviations = new double[members.length];
      Arrays.setAll(means, i -> p.means()[members[i]]);
      Arrays.setAll(deviations, i -> p.deviations()[members[i]]);
      return logit(SharedResponsibility.of(means, deviations, p.prior()));
    }
    double sum = SpecialFunctions.logit(p.prior().inclusion());
    for (int k : members) {
      sum += InclusionProbability.logEvidence(normal(p, k), p.prior(), rule.nodes());
    }
    return sum;
  }

  /**
   * The evidence for weights that are free against all in the spike. For each, 1 − π + π eᵉ = (1 −
   * π)/(1 − PIP), whatever PIP is estimated by.
   */
  private double separateLogit(Posterior p, int[] members) {
    double prior = SpecialFunctions.logit(p.prior().inclusion());
    double out = Math.log1p(-p.prior().inclusion());
    double sum = prior;
    for (int k : members) {
      double logOut =
          rule.nodes() == Estimator.RAO_BLACKWELL
              ? Math.log(Math.max(Double.MIN_NORMAL, 1 - probability(p, k)))
              : SpecialFunctions.logLogistic(
                  -prior - InclusionProbability.logEvidence(normal(p, k), p.prior(), rule.nodes()));
      sum += out - logOut;
    }
    return sum;
  }

  private double probability(Posterior p, int k) {
    return InclusionProbability.probability(normal(p, k), p.prior(), rule.nodes());
  }

  private static Normal normal(Posterior p, int k) {
    return new Normal(p.means()[k], p.deviations()[k]);
  }

  private static double logit(double p) {
    return Math.log(p) - Math.log1p(-p);
  }

  private static double[] logistic(double[] logits) {
    return Arrays.stream(logits).map(SpecialFunctions::logistic).toArray();
  }

  private static boolean[] all(int n) {
    boolean[] all = new boolean[n];
    Arrays.fill(all, true);
    return all;
  }

  /** A unit without inputs gives a constant: its share goes to the biases above it. */
  private void foldConstants() {
    DoubleUnaryOperator f = activation(activation);
    for (int l = 0; l + 1 < layers.size(); l++) {
      Layer below = layers.get(l);
      Layer above = layers.get(l + 1);
      int columns = below.block().columns();
      int weightsAbove = above.block().rows() * above.block().columns();
      for (int unit = 0; unit < below.block().rows(); unit++) {
        int bias = below.block().rows() * columns + unit;
        if (hasInput(below, unit)) {
          continue;
        }
        double constant =
            f.applyAsDouble(below.block().bias() && below.kept()[bias] ? below.means()[bias] : 0);
        for (int i = 0; i < above.block().rows(); i++) {
          int k = i * above.block().columns() + unit;
          if (above.kept()[k] && above.block().bias()) {
            above.means()[weightsAbove + i] += (float) (constant * above.means()[k]);
            above.kept()[k] = false;
          }
        }
        if (below.block().bias()) {
          below.kept()[bias] = false;
        }
      }
    }
  }

  private static boolean hasInput(Layer layer, int unit) {
    int columns = layer.block().columns();
    for (int j = 0; j < columns; j++) {
      if (layer.kept()[unit * columns + j]) {
        return true;
      }
    }
    return false;
  }

  private static DoubleUnaryOperator activation(UnaryFunction function) {
    return switch (function) {
      case TANH -> Math::tanh;
      case RELU -> x -> Math.max(x, 0);
      case SIGMOID -> SpecialFunctions::logistic;
      case SWISH -> x -> x * SpecialFunctions.logistic(x);
      case SOFTPLUS -> SpecialFunctions::softplus;
      case GELU -> x -> x * SpecialFunctions.normalCumulative(x);
      default ->
          throw new IllegalArgumentException(
              "Constants cannot be folded through " + function + "; use another activation");
    };
  }

  /** The layers, from input to output. */
  public List<Layer> layers() {
    return List.copyOf(layers);
  }

  /** The posterior that this is about. */
  public List<Posterior> posterior() {
    return posterior;
  }

  /** logit of each input feature's inclusion probability. */
  public double[] featureLogits() {
    return layers.get(0).outgoingLogits().clone();
  }

  /** Which input features are kept. */
  public boolean[] features() {
    return layers.get(0).usedInputs();
  }

  /** Number of parameters kept. */
  public long kept() {
    return layers.stream().mapToLong(Layer::keptParameters).sum();
  }

  /** Number of parameters. */
  public long total() {
    return layers.stream().mapToLong(layer -> layer.block().size()).sum();
  }
}
