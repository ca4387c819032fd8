package io.github.bmr4j.cli;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Epochs;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.Table;
import io.github.bmr4j.models.data.TableFile;
import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.data.ToySequences;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.layer.Lstm;
import io.github.bmr4j.models.method.InferenceScheme;
import io.github.bmr4j.models.method.PostHocSweep;
import io.github.bmr4j.models.method.PrincipledPruning;
import io.github.bmr4j.models.method.RegressionPrediction;
import io.github.bmr4j.models.metric.RegressionMetrics;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The study of Beckers et al. (2024): variance backpropagation and Bayes by backprop, local and
 * global, on UCI regression sets. {@code protocol=published} trains and measures on all rows, with
 * the published slips; {@code protocol=corrected} without them, where they matter most, in
 * recurrent cells; {@code protocol=held-out} has 20 splits, standardised targets and the corrected
 * mathematics, and measures on a tenth that was not seen.
 */
final class PrincipledPruningStudy implements Study {

  private static final int HIDDEN = 50;
  private static final int UNITS = 16;
  private static final int PUBLISHED_SEEDS = 3;
  private static final int SPLITS = 20;

  private static final TableFile.Format NUMBERS =
      new TableFile.Format(TableFile.Separator.COMMAS_OR_BLANKS, false);

  /** A UCI set: its targets are the last columns. */
  private record Source(String name, int targets, int batch) {}

  private static final List<Source> SOURCES =
      List.of(
          new Source("boston", 1, 16),
          new Source("concrete", 1, 32),
          new Source("energy", 2, 16),
          new Source("wine", 1, 32),
          new Source("yacht", 1, 16));

  @Override
  public String name() {
    return "principled-pruning";
  }

  @Override
  public String description() {
    return "Regression by variance backpropagation and Bayes by backprop, pruned round by round";
  }

  @Override
  public List<Run> runs(StudySettings settings) {
    List<Run> runs = new ArrayList<>();
    for (Source source : SOURCES) {
      for (InferenceScheme scheme : InferenceScheme.values()) {
        for (int seed = 0; seed < settings.seedsOr(PUBLISHED_SEEDS); seed++) {
          PrincipledPruning.Config config = config(settings, source, scheme, seed);
          runs.add(
              new Run(
                  labels("published", source.name(), scheme),
                  seed,
                  () -> published(settings, source, withSlips(config))));
        }
      }
    }
    sequences(settings, runs);
    for (InferenceScheme scheme : InferenceScheme.values()) {
      Source boston = SOURCES.get(0);
      for (int seed = 0; seed < settings.seedsOr(1); seed++) {
        PrincipledPruning.Config config = withSlips(config(settings, boston, scheme, seed));
        runs.add(
            new Run(
                labels("sweep", boston.name(), scheme),
                seed,
                () -> sweep(settings, boston, config)));
      }
    }
    for (Source source : SOURCES) {
      for (int split = 0; split < settings.seedsOr(SPLITS); split++) {
        InferenceScheme scheme = InferenceScheme.VARIANCE_BACKPROPAGATION;
        PrincipledPruning.Config config = config(settings, source, scheme, split);
        runs.add(
            new Run(
                labels("held-out", source.name(), scheme),
                split,
                () -> heldOut(settings, source, config)));
      }
    }
    return runs;
  }

  /** The sine wave by a gated recurrent unit as published and corrected, and by an LSTM. */
  private static void sequences(StudySettings settings, List<Run> runs) {
    Network gru = Networks.recurrent(new Gru("gru", ToySequences.WINDOW, 1, UNITS), 1);
    Network lstm = Networks.recurrent(new Lstm("lstm", ToySequences.WINDOW, 1, UNITS), 1);
    for (String protocol : List.of("published", "corrected")) {
      for (InferenceScheme scheme : InferenceScheme.values()) {
        sequence(settings, runs, protocol, "sine", gru, scheme);
      }
    }
    InferenceScheme scheme = InferenceScheme.VARIANCE_BACKPROPAGATION;
    sequence(settings, runs, "corrected", "sine-lstm", lstm, scheme);
  }

  private static void sequence(
      StudySettings settings,
      List<Run> runs,
      String protocol,
      String name,
      Network network,
      InferenceScheme scheme) {
    for (int seed = 0; seed < settings.seedsOr(PUBLISHED_SEEDS); seed++) {
      PrincipledPruning.Config whole = PrincipledPruning.Config.sine(scheme);
      PrincipledPruning.Config corrected =
          scaled(whole, settings.scale(), whole.batch()).withSeed(seed);
      PrincipledPruning.Config config =
          protocol.equals("published") ? withSlips(corrected) : corrected;
      runs.add(
          new Run(
              labels(protocol, name, scheme),
              seed,
              () -> onAllRows(settings, network, ToySequences.SINE.dataset(), config)));
    }
  }

  private static Map<String, String> labels(String protocol, String data, InferenceScheme scheme) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("protocol", protocol);
    labels.put("data", data);
    labels.put(
        "scheme",
        scheme == InferenceScheme.VARIANCE_BACKPROPAGATION ? "vbp" : Choice.nameOf(scheme));
    return labels;
  }

  private static PrincipledPruning.Config config(
      StudySettings settings, Source source, InferenceScheme scheme, long seed) {
    PrincipledPruning.Config published = PrincipledPruning.Config.boston(scheme);
    return scaled(published, settings.scale(), source.batch()).withSeed(seed);
  }

  private static PrincipledPruning.Config scaled(
      PrincipledPruning.Config config, StudyScale scale, int batch) {
    return config
        .withEpochs(scale.steps(config.epochs()), scale.steps(config.roundEpochs()))
        .withSteps(scale.batchOr(batch), config.learningRate());
  }

  private static PrincipledPruning.Config withSlips(PrincipledPruning.Config config) {
    return config.withModel(config.model().withPublishedSlips());
  }

  private static Map<String, Double> published(
      StudySettings settings, Source source, PrincipledPruning.Config config) throws IOException {
    Dataset raw = read(settings, source);
    Dataset data = Standardization.perFeature(raw).apply(raw);
    return onAllRows(settings, network(data), data, config);
  }

  private static Map<String, Double> onAllRows(
      StudySettings settings, Network network, Dataset data, PrincipledPruning.Config config) {
    try (Backend backend = settings.backends().openSingle()) {
      PrincipledPruning pruning = new PrincipledPruning(backend, network, data, config);
      PrincipledPruning.Result result = pruning.run();
      RegressionPrediction prediction =
          new RegressionPrediction(backend, pruning.model(), data, config.samples());
      Map<String, Double> values = freeEnergies(result);
      values.put("rmse", prediction.metrics(0).rootMeanSquareError());
      values.put("train s", result.trainSeconds());
      return values;
    }
  }

  /** The columns that the runs on all rows share. */
  static Map<String, Double> freeEnergies(PrincipledPruning.Result result) {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("F trained", result.trained().total());
    values.put("KL weights", result.trained().weights());
    values.put("KL tau", result.trained().precision());
    values.put("naive % pruned", 100 * (1 - (double) result.naiveKept() / result.weights()));
    values.put("naive F", result.naive().total());
    PrincipledPruning.Round first = result.rounds().isEmpty() ? null : result.rounds().get(0);
    values.put("predicted dF", first == null ? Double.NaN : first.reduction().predicted());
    values.put("realised dF", first == null ? Double.NaN : first.realised());
    values.put("rounds", (double) result.effectiveRounds());
    values.put("left", (double) result.kept());
    values.put("F", result.last().total());
    values.put(
        "by structure",
        (double) result.rounds().stream().mapToLong(r -> r.reduction().byStructure()).sum());
    values.put("ties", (double) result.rounds().stream().mapToLong(r -> r.ties()).sum());
    return values;
  }

  /**
   * One trained model, pruned by each score without training on: where the free energy is least.
   */
  private static Map<String, Double> sweep(
      StudySettings settings, Source source, PrincipledPruning.Config config) throws IOException {
    Dataset raw = read(settings, source);
    Dataset data = Standardization.perFeature(raw).apply(raw);
    try (Backend backend = settings.backends().openSingle()) {
      PrincipledPruning pruning = new PrincipledPruning(backend, network(data), data, config);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("F trained", pruning.train().total());
      RegressionPrediction prediction =
          new RegressionPrediction(backend, pruning.model(), data, config.samples());
      PostHocSweep sweep = new PostHocSweep(backend, pruning.model(), prediction);
      for (PostHocSweep.Score score : PostHocSweep.Score.values()) {
        List<PostHocSweep.Point> points = sweep.run(score);
        int best = 0;
        for (int i = 0; i < points.size(); i++) {
          values.put(name(score) + " " + i + " %", points.get(i).freeEnergy().total());
          best =
              points.get(i).freeEnergy().total() < points.get(best).freeEnergy().total() ? i : best;
        }
        for (int i = 0; score == PostHocSweep.Score.EVIDENCE && i < points.size(); i++) {
          values.put("estimate " + i + " %", points.get(i).predicted());
        }
        values.put(name(score) + " least F", points.get(best).freeEnergy().total());
        values.put(name(score) + " at %", (double) best);
      }
      return values;
    }
  }

  private static String name(PostHocSweep.Score score) {
    return switch (score) {
      case EVIDENCE -> "BMR";
      case SIGNAL_TO_NOISE -> "SNR";
      case SIGNAL_PLUS_ROBUSTNESS -> "SPR";
    };
  }

  private static Map<String, Double> heldOut(
      StudySettings settings, Source source, PrincipledPruning.Config config) throws IOException {
    Split raw = split(read(settings, source), config.seed());
    Split split = Standardization.perFeature(raw.train()).apply(raw);
    TargetScale scale = TargetScale.of(split.train());
    Dataset train = scale.apply(split.train());
    Dataset test = scale.apply(split.test());
    try (Backend backend = settings.backends().openSingle()) {
      PrincipledPruning pruning = new PrincipledPruning(backend, network(train), train, config);
      RegressionPrediction prediction =
          new RegressionPrediction(backend, pruning.model(), test, 100);
      List<RegressionMetrics> full = new ArrayList<>();
      PrincipledPruning.Result result =
          pruning.run(
              () -> full.addAll(metrics(prediction, scale)), PrincipledPruning.Listener.NONE);
      List<RegressionMetrics> pruned = metrics(prediction, scale);
      Map<String, Double> values = new LinkedHashMap<>();
      for (int m = 0; m < full.size(); m++) {
        String suffix = full.size() == 1 ? "" : " " + (m + 1);
        values.put("RMSE full" + suffix, full.get(m).rootMeanSquareError());
        values.put("RMSE pruned" + suffix, pruned.get(m).rootMeanSquareError());
        values.put("LL full" + suffix, full.get(m).logLikelihood());
        values.put("LL pruned" + suffix, pruned.get(m).logLikelihood());
      }
      values.put("F full", result.trained().total());
      values.put("F pruned", result.last().total());
      values.put("% pruned", 100 * (1 - (double) result.kept() / result.weights()));
      return values;
    }
  }

  private static List<RegressionMetrics> metrics(
      RegressionPrediction prediction, TargetScale scale) {
    List<RegressionMetrics> metrics = new ArrayList<>();
    for (int m = 0; m < scale.mean().length; m++) {
      metrics.add(scale.restore(prediction.metrics(m), m));
    }
    return metrics;
  }

  /** Nine tenths to learn from, the rest to measure with, by the seed. */
  private static Split split(Dataset data, long seed) {
    int[] order = new Epochs(data.size(), true, ~seed).order(0).clone();
    int train = (int) Math.round(0.9 * data.size());
    return new Split(
        data.select(Arrays.copyOf(order, train)),
        data.select(Arrays.copyOfRange(order, train, order.length)));
  }

  private static Dataset read(StudySettings settings, Source source) throws IOException {
    Table table = TableFile.read(settings.file(source.name() + ".csv"), NUMBERS);
    int columns = table.columns().size();
    return table
        .regression(table.columns().subList(columns - source.targets(), columns), Set.of())
        .dataset();
  }

  private static Network network(Dataset data) {
    return Networks.mlp(
        Shape.of(data.inputShape().size()),
        new int[] {HIDDEN},
        data.targetSize(),
        UnaryFunction.RELU);
  }
}
