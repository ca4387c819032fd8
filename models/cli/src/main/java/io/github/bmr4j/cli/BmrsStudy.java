package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.MultiplicativeNoise;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.StructureRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The comparison of Wright, Igel and Selvan (2024) on Fashion-MNIST: a multi-layer perceptron and
 * LeNet-5, pruned after each epoch by evidence and by the baselines. {@code l2} and {@code
 * l2-gradient} prune once, after training without noise, as large a share of the structures as
 * {@code bmrs-n} does with the same seed.
 */
final class BmrsStudy implements Study {

  /** Those of the authors, in another order. */
  private static final long[] SEEDS = {1000, 1001, 666, 2001, 100, 50, 5000, 66, 7, 744};

  private static final int OWN_SEEDS = 3;

  private static final DataSource DATA = new DataSource(KnownData.FASHION_MNIST, null);

  /** The rules that decide by the noise, those with the strongest claims first. */
  private static final List<StructureRule> RULES =
      List.of(
          StructureRule.bmrsU(4),
          StructureRule.BMRS_N,
          StructureRule.bmrsU(8),
          StructureRule.MEAN,
          StructureRule.SIGNAL_TO_NOISE);

  /** The rules that rank by weights. */
  private static final List<StructureRule> NORMS =
      List.of(StructureRule.weightNorm(0), StructureRule.gradientWeightedNorm(0));

  /** What the seeds of a network lost by BMRS_N, for the baseline that prunes as much. */
  private final Map<String, Double> shares = new HashMap<>();

  @Override
  public String name() {
    return "bmrs";
  }

  @Override
  public String description() {
    return "Structured pruning of an MLP and LeNet-5 by multiplicative noise, on Fashion-MNIST";
  }

  @Override
  public List<Run> runs(StudySettings settings) {
    List<Run> runs = new ArrayList<>();
    int seeds = settings.seedsOr(OWN_SEEDS);
    if (seeds > SEEDS.length) {
      throw new InputException(
          "The study " + name() + " has " + SEEDS.length + " seeds, but was asked for " + seeds);
    }
    for (int s = 0; s < seeds; s++) {
      for (NetworkKind network : List.of(NetworkKind.MLP, NetworkKind.LENET)) {
        long seed = SEEDS[s];
        for (StructureRule rule : RULES) {
          runs.add(run(network, rule.name(), seed, () -> byNoise(settings, network, rule, seed)));
        }
        if (network == NetworkKind.LENET) {
          runs.add(run(network, "bmrs-u-4-tempered", seed, () -> tempered(settings, seed)));
        }
        for (StructureRule norm : NORMS) {
          runs.add(run(network, norm.name(), seed, () -> byNorm(settings, network, norm, seed)));
        }
        runs.add(run(network, "none", seed, () -> plain(settings, network, NORMS.get(0), 0, seed)));
      }
    }
    return runs;
  }

  private static Run run(NetworkKind network, String method, long seed, Work work) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("network", Choice.nameOf(network));
    labels.put("method", method);
    return new Run(labels, seed, work);
  }

  private Map<String, Double> byNoise(
      StudySettings settings, NetworkKind network, StructureRule rule, long seed) {
    Bmrs.Config config = preset(network).method().withRule(rule).withSeed(seed);
    Map<String, Double> values = values(settings, network, config, Bmrs::run);
    if (rule.equals(StructureRule.BMRS_N)) {
      shares.put(key(network, seed), values.get("structures %") / 100);
    }
    return values;
  }

  /**
   * A setting of our own, in which more accuracy is left at the same size. The published weight of
   * the divergence is the same for each layer, so that each of 6 filters pays 20 times as much as
   * each of 120 units; here all structures pay alike, 150 times what the evidence lower bound asks.
   * θ is drawn once for a batch, a draw of the model; training is shorter, and in fine-tuning
   * nothing is random any more.
   */
  private static Map<String, Double> tempered(StudySettings settings, long seed) {
    Bmrs.Config published = preset(NetworkKind.LENET).method();
    Bmrs.Schedule schedule = published.schedule();
    Bmrs.Config config =
        published
            .withModel(published.model().withGranularity(MultiplicativeNoise.Granularity.STRUCTURE))
            .withObjective(
                new Bmrs.Objective(
                    Bmrs.DivergenceWeighting.EVIDENCE_LOWER_BOUND, 150, Bmrs.Drawing.TRAINING))
            .withSchedule(new Bmrs.Schedule(schedule.batch(), 20, 1, 10, schedule.learningRate()))
            .withRule(StructureRule.bmrsU(4))
            .withSeed(seed);
    return values(settings, NetworkKind.LENET, config, Bmrs::run);
  }

  private Map<String, Double> byNorm(
      StudySettings settings, NetworkKind network, StructureRule norm, long seed) {
    if (!shares.containsKey(key(network, seed))) {
      byNoise(settings, network, StructureRule.BMRS_N, seed);
    }
    return plain(settings, network, norm, shares.get(key(network, seed)), seed);
  }

  private static String key(NetworkKind network, long seed) {
    return network + " " + seed;
  }

  /** Without noise; a share of the structures leaves after training, those of the least norm. */
  private static Map<String, Double> plain(
      StudySettings settings, NetworkKind network, StructureRule norm, double share, long seed) {
    Bmrs.Config published = preset(network).method();
    Bmrs.Config config =
        published
            .withModel(published.model().withoutNoise())
            .withObjective(new Bmrs.Objective(Bmrs.DivergenceWeighting.MEAN, 0, Bmrs.Drawing.NEVER))
            .withRule(norm)
            .withSeed(seed);
    return values(settings, network, config, bmrs -> bmrs.runToShare(share));
  }

  private static BmrsPreset preset(NetworkKind network) {
    return BmrsPreset.of(DATA, network);
  }

  private interface Runner {
    Bmrs.Result run(Bmrs bmrs);
  }

  private static Map<String, Double> values(
      StudySettings settings, NetworkKind network, Bmrs.Config whole, Runner runner) {
    BmrsPreset preset = preset(network);
    BmrsPreset.Prepared prepared =
        preset.prepare(DATA, DATA.known().loadOrRefuse(settings.dataFolder()));
    Bmrs.Schedule schedule = whole.schedule();
    Bmrs.Config config =
        whole.withSchedule(
            new Bmrs.Schedule(
                settings.scale().batchOr(schedule.batch()),
                settings.scale().steps(schedule.epochs()),
                schedule.pruneEvery(),
                settings.scale().steps(schedule.fineTuneEpochs()),
                schedule.learningRate()));
    try (Backend backend = settings.backends().openSingle()) {
      Bmrs bmrs =
          new Bmrs(
              backend,
              Networks.withNoise(preset.network(prepared.split())),
              prepared.split().train(),
              prepared.split().test(),
              config,
              Bmrs.Listener.NONE);
      Bmrs.Result result = runner.run(bmrs);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(
          "first pruning",
          result.epochs().stream()
              .filter(epoch -> epoch.pruned() > 0)
              .mapToDouble(Bmrs.Epoch::number)
              .findFirst()
              .orElse(Double.NaN));
      values.put("structures %", 100 * result.decision().fraction());
      values.put("parameters %", 100 * result.published().fraction());
      values.put("of the network %", 100 * result.compact().fraction());
      values.put("accuracy %", 100 * result.after().metrics().accuracy());
      values.put("NLL", result.after().metrics().negativeLogLikelihood());
      values.put("train s", result.trainSeconds());
      return values;
    }
  }
}
