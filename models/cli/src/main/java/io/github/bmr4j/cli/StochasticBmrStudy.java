package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.CifarFiles;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.method.PublishedMethod;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.metric.ClassificationMetrics;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The study of Marković, Friston and Kiebel (2024): five methods on four networks, with the
 * published settings. Without a data folder the data are Fashion-MNIST; with one, CIFAR-10 and
 * CIFAR-100, as far as their binary files are in it.
 */
final class StochasticBmrStudy implements Study {

  /** Training steps that the paper calls an epoch. */
  private static final int EPOCH = 500;

  private static final int SEEDS = 3;

  /** Of the transformers, whose steps take a hundred times as long as LeNet's. */
  private static final int TRANSFORMER_SEEDS = 1;

  /** Their draws for predictions: one takes a minute. Their free energy is not measured. */
  private static final int TRANSFORMER_SAMPLES = 5;

  /** Points of the curves, the last of which is the result. */
  private static final int POINTS = 10;

  private static final int TRANSFORMER_POINTS = 5;

  /** How many times as many draws the result takes as each other point. */
  private static final int POINT_SHARE = 5;

  private static final String CURVE = "curve ";

  @FunctionalInterface
  private interface Source {
    Split read() throws IOException;
  }

  @Override
  public String name() {
    return "stochastic-bmr";
  }

  @Override
  public String description() {
    return "Classification by posterior modes, flat and hierarchical posteriors, and model reduction";
  }

  /** The curves are in the file only. */
  @Override
  public boolean isShown(String column) {
    return !column.startsWith(CURVE);
  }

  @Override
  public List<Run> runs(StudySettings settings) {
    List<Run> runs = new ArrayList<>();
    sources(settings)
        .forEach(
            (data, source) -> {
              for (NetworkKind network : NetworkKind.values()) {
                boolean small = isSmall(network);
                for (PublishedMethod method : PublishedMethod.values()) {
                  for (int seed = 0;
                      seed < settings.seedsOr(small ? SEEDS : TRANSFORMER_SEEDS);
                      seed++) {
                    StochasticBmr.Config config = config(settings, network, method).withSeed(seed);
                    runs.add(
                        new Run(
                            labels(data, network, method),
                            seed,
                            () -> run(settings, source, network, method, config)));
                  }
                }
              }
            });
    return runs;
  }

  private static boolean isSmall(NetworkKind network) {
    return network == NetworkKind.MLP || network == NetworkKind.LENET;
  }

  private static Map<String, Source> sources(StudySettings settings) {
    Map<String, Source> sources = new LinkedHashMap<>();
    Path folder = settings.dataFolder();
    if (folder == null) {
      sources.put(
          KnownData.FASHION_MNIST.title(), () -> KnownData.FASHION_MNIST.loadOrRefuse(null));
      return sources;
    }
    if (Files.exists(folder.resolve("data_batch_1.bin"))) {
      sources.put("cifar-10", () -> CifarFiles.read(folder, CifarFiles.Kind.CIFAR10));
    }
    if (Files.exists(folder.resolve("train.bin"))) {
      sources.put("cifar-100", () -> CifarFiles.read(folder, CifarFiles.Kind.CIFAR100));
    }
    if (sources.isEmpty()) {
      throw new InputException(
          "--data-dir "
              + folder
              + " has neither data_batch_1.bin of CIFAR-10 nor train.bin of CIFAR-100; without it"
              + " the study takes Fashion-MNIST");
    }
    return sources;
  }

  private static Map<String, String> labels(
      String data, NetworkKind network, PublishedMethod method) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("data", data);
    labels.put("network", Choice.nameOf(network));
    labels.put("method", Choice.nameOf(method));
    return labels;
  }

  private static StochasticBmr.Config config(
      StudySettings settings, NetworkKind network, PublishedMethod method) {
    StochasticBmr.Config config = method.config().withRealisedExamples(0);
    if (!isSmall(network)) {
      config = config.withSamples(Math.min(config.samples(), TRANSFORMER_SAMPLES), 0);
    }
    StudyScale scale = settings.scale();
    return config
        .withBatch(scale.batchOr(config.batch()))
        .withSchedule(
            scale.steps(config.warmUp()), config.rounds(), scale.steps(config.stepsPerRound()));
  }

  private static Map<String, Double> run(
      StudySettings settings,
      Source source,
      NetworkKind kind,
      PublishedMethod method,
      StochasticBmr.Config config)
      throws IOException {
    Split raw = source.read();
    Split split = kind.padded(Standardization.perChannel(raw.train()).apply(raw));
    Preset preset = Preset.FASHION_MNIST;
    Network network =
        method.prepare(PruneCommand.network(kind, split, preset.hidden(), preset.activation()));
    try (Backend backend = settings.backends().openSingle()) {
      int points = isSmall(kind) ? POINTS : TRANSFORMER_POINTS;
      Curve curve = new Curve(config, points, network.parameterCount());
      StochasticBmr bmr =
          new StochasticBmr(backend, network, split.train(), split.test(), config, curve);
      curve.of = bmr;
      StochasticBmr.Result result = bmr.run();
      double epochs = config.totalSteps() / (double) EPOCH;
      ClassificationMetrics metrics = result.after().metrics();
      Map<String, Double> values = new LinkedHashMap<>();
      values.put("ACC", metrics.accuracy());
      values.put("ECE", metrics.expectedCalibrationError());
      values.put("NLL", metrics.negativeLogLikelihood());
      values.put("pruned", method.prunes() ? publishedCount(result) : Double.NaN);
      values.put("pruned of all", method.prunes() ? result.prunedFraction() : Double.NaN);
      // Of a mode it would be the log joint density, which compares with no bound.
      values.put("ELBO", method == PublishedMethod.FLAT_MAP ? Double.NaN : result.after().elbo());
      values.put("s/epoch", (result.trainSeconds() + result.pruneSeconds()) / epochs);
      values.put("pruning s/epoch", result.pruneSeconds() / epochs);
      values.putAll(curve.values);
      return values;
    }
  }

  /**
   * The share of weights that the paper counts as pruned: of all layers but the last, of which it
   * takes the columns behind units of which nothing is left.
   */
  static double publishedCount(StochasticBmr.Result result) {
    List<Decisions> layers = result.reduction().decisions();
    double pruned = 0;
    double total = 0;
    for (Decisions layer : layers.subList(0, layers.size() - 1)) {
      pruned += layer.block().size() - layer.kept();
      total += layer.block().size();
    }
    if (layers.size() > 1) {
      Decisions before = layers.get(layers.size() - 2);
      Decisions last = layers.getLast();
      double gone = before.block().rows() - LiveUnits.of(before);
      pruned += last.block().rows() * gone;
      total += last.block().rows() * (double) last.block().columns();
    }
    return total == 0 ? 0 : pruned / total;
  }

  /** Measures at equal distances in the training, at the end of an epoch and before its pruning. */
  private static final class Curve implements StochasticBmr.Listener {

    final Map<String, Double> values = new LinkedHashMap<>();
    private final long every;
    private final int samples;
    private final long parameters;
    StochasticBmr of;

    Curve(StochasticBmr.Config config, int points, long parameters) {
      this.every = Math.max(1, config.totalSteps() / points);
      this.samples = Math.max(1, config.samples() / POINT_SHARE);
      this.parameters = parameters;
    }

    @Override
    public void step(long step, long total, double loss) {
      long left = total - step;
      if (left == 0 || left % every != 0) {
        return;
      }
      ClassificationMetrics metrics = of.measure(samples);
      String at = CURVE + step + " ";
      values.put(at + "ACC", metrics.accuracy());
      values.put(at + "ECE", metrics.expectedCalibrationError());
      values.put(at + "NLL", metrics.negativeLogLikelihood());
      values.put(at + "pruned of all", 1 - (double) of.kept() / parameters);
    }
  }
}
