package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.kernels.Backend;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** Prunes the structures of a model by a rule, and keeps what was decided by. */
public final class StructurePruning {

  /**
   * One decision about all structures, made anew each time: one that had left may come back.
   *
   * @param pruned structures that are out of the model now
   * @param total all structures
   * @param predicted Σ ΔF of the pruned, in nats; NaN for rules that are not about evidence
   * @param scores of each structure, layer by layer
   * @param locations of the posteriors that were decided by, μ of ln θ; training may go on since
   * @param scales likewise, σ of ln θ
   */
  public record Decision(
      int pruned,
      int total,
      double predicted,
      List<double[]> scores,
      List<double[]> locations,
      List<double[]> scales) {

    /** Keeps the lists from being changed. */
    public Decision {
      scores = List.copyOf(scores);
      locations = List.copyOf(locations);
      scales = List.copyOf(scales);
    }

    /** Share of the structures that are out of the model. */
    public double fraction() {
      return total == 0 ? 0 : (double) pruned / total;
    }
  }

  private record Ranked(int layer, int index, double score) {}

  private final Backend backend;
  private final List<StructureLayer> layers;
  private final StructureRule rule;

  /**
   * @param backend holds the parameters
   * @param layers of structures, from input to output
   * @param rule decides
   */
  public StructurePruning(Backend backend, List<StructureLayer> layers, StructureRule rule) {
    this.backend = backend;
    this.layers = List.copyOf(layers);
    this.rule = rule;
  }

  /** Decides. */
  public StructureRule rule() {
    return rule;
  }

  /**
   * Decides about every structure by the rule's threshold.
   *
   * @throws io.github.bmr4j.engine.inference.DivergedException if a score is NaN; nothing has
   *     changed then
   */
  public Decision prune() {
    List<double[]> scores = scores();
    List<boolean[]> kept = new ArrayList<>();
    for (double[] layer : scores) {
      boolean[] stays = new boolean[layer.length];
      for (int i = 0; i < stays.length; i++) {
        stays[i] = layer[i] < rule.threshold();
      }
      kept.add(stays);
    }
    return apply(scores, kept);
  }

  /**
   * Removes the structures that the rule ranks first, over all layers together.
   *
   * @param fraction of all structures, in [0, 1]
   * @param approved whether to spare those whose score is below the rule's threshold
   */
  public Decision pruneFirst(double fraction, boolean approved) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("The fraction must lie in [0, 1], but is " + fraction);
    }
    List<double[]> scores = scores();
    List<boolean[]> kept = new ArrayList<>();
    List<Ranked> ranking = new ArrayList<>();
    for (int l = 0; l < scores.size(); l++) {
      boolean[] stays = new boolean[scores.get(l).length];
      java.util.Arrays.fill(stays, true);
      kept.add(stays);
      for (int i = 0; i < stays.length; i++) {
        ranking.add(new Ranked(l, i, scores.get(l)[i]));
      }
    }
    ranking.sort(Comparator.comparingDouble(Ranked::score).reversed());
    long count = Math.round(fraction * ranking.size());
    for (Ranked structure : ranking.subList(0, (int) count)) {
      if (!approved || structure.score() >= rule.threshold()) {
        kept.get(structure.layer())[structure.index()] = false;
      }
    }
    return apply(scores, kept);
  }

  private List<double[]> scores() {
    List<double[]> scores = new ArrayList<>();
    for (StructureLayer layer : layers) {
      backend.memory().pull(layer.weights().values());
      backend.memory().pull(layer.weights().gradientMean());
      double[] values = new double[layer.noise().size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = rule.scoreOf(layer.structure(i));
      }
      scores.add(values);
    }
    return scores;
  }

  private Decision apply(List<double[]> scores, List<boolean[]> kept) {
    int pruned = 0;
    int total = 0;
    double predicted = 0;
    for (int l = 0; l < layers.size(); l++) {
      layers.get(l).noise().setKept(kept.get(l));
      for (int i = 0; i < kept.get(l).length; i++) {
        total++;
        if (!kept.get(l)[i]) {
          pruned++;
          predicted += scores.get(l)[i];
        }
      }
    }
    return new Decision(
        pruned,
        total,
        rule.evidence() ? predicted : Double.NaN,
        scores,
        parameters(TruncatedLogNormal::location),
        parameters(TruncatedLogNormal::scale));
  }

  /** A parameter of each structure's posterior, layer by layer. */
  private List<double[]> parameters(ToDoubleFunction<TruncatedLogNormal> parameter) {
    return layers.stream()
        .map(
            layer ->
                IntStream.range(0, layer.noise().size())
                    .mapToDouble(i -> parameter.applyAsDouble(layer.noise().posterior(i)))
                    .toArray())
        .toList();
  }
}
