package io.github.bmr4j.models.pruning;

import io.github.bmr4j.models.layer.ParameterBlock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;

/**
 * Weights, or groups of them, with the lowest scores leave until a share of all is gone, those that
 * had left before counted in. At least one stays.
 *
 * @param score to rank by
 * @param target share of the groups that leave in the end, in [0, 1]
 * @param scope what is ranked together
 * @param pattern which weights leave together
 * @param distribution how the target is shared out among layers, where each is ranked by itself
 * @param schedule at which prunings, counted from 1, and how far
 * @param layers which take part
 */
public record TargetSparsity(
    WeightScore score,
    double target,
    Scope scope,
    SparsityPattern pattern,
    SparsityDistribution distribution,
    SparsitySchedule schedule,
    Predicate<ParameterBlock> layers)
    implements PruningRule {

  /** What is ranked together. */
  public enum Scope {
    /** Each layer by itself. */
    LAYER,
    /** All layers, by their scores as they are. */
    GLOBAL,
    /** All layers, by their scores over their Euclidean norm in the layer. */
    GLOBAL_NORMALIZED
  }

  /**
   * @throws IllegalArgumentException if the target is outside [0, 1], or a distribution is given
   *     that a global ranking would not heed
   */
  public TargetSparsity {
    if (!(target >= 0 && target <= 1)) {
      throw new IllegalArgumentException(
          "The target sparsity must lie in [0, 1], but is " + target);
    }
    if (scope != Scope.LAYER && !(distribution instanceof SparsityDistribution.Uniform)) {
      throw new IllegalArgumentException(
          "A global ranking decides itself how sparse each layer gets, so it takes no"
              + " distribution, but got "
              + distribution);
    }
  }

  /** All layers together, weight by weight, at once. */
  public static TargetSparsity global(WeightScore score, double target) {
    return new TargetSparsity(
        score,
        target,
        Scope.GLOBAL,
        SparsityPattern.unstructured(),
        new SparsityDistribution.Uniform(),
        SparsitySchedule.atOnce(),
        layer -> true);
  }

  /** Each layer by itself, weight by weight, at once. */
  public static TargetSparsity layerwise(WeightScore score, double target) {
    return global(score, target).withScope(Scope.LAYER);
  }

  /** This rule with another scope. */
  public TargetSparsity withScope(Scope other) {
    return new TargetSparsity(score, target, other, pattern, distribution, schedule, layers);
  }

  /** This rule with another pattern. */
  public TargetSparsity withPattern(SparsityPattern other) {
    return new TargetSparsity(score, target, scope, other, distribution, schedule, layers);
  }

  /** This rule with another distribution. */
  public TargetSparsity withDistribution(SparsityDistribution other) {
    return new TargetSparsity(score, target, scope, pattern, other, schedule, layers);
  }

  /** This rule with another schedule. */
  public TargetSparsity withSchedule(SparsitySchedule other) {
    return new TargetSparsity(score, target, scope, pattern, distribution, other, layers);
  }

  /** This rule for some of the layers. */
  public TargetSparsity withLayers(Predicate<ParameterBlock> chosen) {
    return new TargetSparsity(score, target, scope, pattern, distribution, schedule, chosen);
  }

  @Override
  public String name() {
    return score.title();
  }

  /**
   * {@inheritDoc}
   *
   * <p>The threshold of a layer is the lowest score of what stays.
   */
  @Override
  public List<Double> prune(List<LayerEvidence> all) {
    List<LayerEvidence> chosen = all.stream().filter(l -> layers.test(l.block())).toList();
    List<Double> thresholds = new ArrayList<>(Collections.nCopies(all.size(), Double.NaN));
    if (chosen.isEmpty() || !schedule.isDue(chosen.get(0).round())) {
      return thresholds;
    }
    double sparsity = schedule.sparsity(chosen.get(0).round(), target);
    List<SparsityPattern.Groups> groups = chosen.stream().map(this::groups).toList();
    List<boolean[]> kept =
        scope == Scope.LAYER ? each(chosen, groups, sparsity) : together(groups, sparsity);
    for (int l = 0; l < chosen.size(); l++) {
      apply(chosen.get(l), groups.get(l), kept.get(l));
      thresholds.set(all.indexOf(chosen.get(l)), lowest(groups.get(l), kept.get(l)));
    }
    return thresholds;
  }

  /**
   * Groups with their scores. Where weights depend on each other, the evidence of several together
   * is that of their joint posterior, not their sum; a block's largest is that of one weight as
   * ever.
   */
  private SparsityPattern.Groups groups(LayerEvidence layer) {
    SparsityPattern.Groups groups = pattern.groups(layer.block(), score.of(layer));
    if (score != WeightScore.EVIDENCE || !layer.isCorrelated() || pattern.poolsLargest()) {
      return groups;
    }
    int[][] members = groups.members(layer.block().rows() * layer.block().columns());
    for (int g = 0; g < members.length; g++) {
      if (members[g].length > 1 && Float.isFinite(groups.scores()[g])) {
        double together = -layer.deltaF(members[g]);
        groups.scores()[g] =
            (float) (pattern.poolsMean() ? together / members[g].length : together);
      }
    }
    return groups;
  }

  private List<boolean[]> each(
      List<LayerEvidence> chosen, List<SparsityPattern.Groups> groups, double sparsity) {
    double[] sparsities =
        distribution.sparsities(chosen.stream().map(LayerEvidence::block).toList(), sparsity);
    List<boolean[]> kept = new ArrayList<>();
    for (int l = 0; l < sparsities.length; l++) {
      float[] scores = groups.get(l).scores();
      kept.add(TopScores.largest(scores, TopScores.kept(scores.length, sparsities[l])));
    }
    return kept;
  }

  private List<boolean[]> together(List<SparsityPattern.Groups> groups, double sparsity) {
    int count = groups.stream().mapToInt(g -> g.scores().length).reduce(0, Math::addExact);
    float[] scores = new float[count];
    int at = 0;
    for (SparsityPattern.Groups layer : groups) {
      float norm = scope == Scope.GLOBAL_NORMALIZED ? norm(layer.scores()) : 1;
      for (float value : layer.scores()) {
        scores[at++] = value / norm;
      }
    }
    boolean[] largest = TopScores.largest(scores, TopScores.kept(count, sparsity));
    List<boolean[]> kept = new ArrayList<>();
    int from = 0;
    for (SparsityPattern.Groups layer : groups) {
      int to = from + layer.scores().length;
      kept.add(Arrays.copyOfRange(largest, from, to));
      from = to;
    }
    return kept;
  }

  /** Of the scores of what is still there; those that have left are −∞. */
  private static float norm(float[] scores) {
    double squares = 0;
    for (float value : scores) {
      squares += Float.isFinite(value) ? (double) value * value : 0;
    }
    return (float) (Math.sqrt(squares) + 1e-8);
  }

  private static void apply(LayerEvidence layer, SparsityPattern.Groups groups, boolean[] kept) {
    for (int i = 0; i < groups.of().length; i++) {
      int group = groups.of()[i];
      layer.active()[i] &= group < 0 || kept[group];
    }
  }

  private static double lowest(SparsityPattern.Groups groups, boolean[] kept) {
    double lowest = Double.POSITIVE_INFINITY;
    for (int g = 0; g < kept.length; g++) {
      lowest = kept[g] ? Math.min(lowest, groups.scores()[g]) : lowest;
    }
    return lowest;
  }
}
