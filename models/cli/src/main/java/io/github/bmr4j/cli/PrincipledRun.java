package io.github.bmr4j.cli;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.compact.CompactFiles;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.FreeEnergy;
import io.github.bmr4j.models.method.PrincipledPruning;
import io.github.bmr4j.models.method.RegressionModel;
import io.github.bmr4j.models.method.RegressionModelFiles;
import io.github.bmr4j.models.method.RegressionPrediction;
import io.github.bmr4j.models.metric.RegressionMetrics;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.CertificateFiles;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/**
 * {@code bmr prune --method principled-pruning}: a regression network, pruned round by round until
 * a round removes nothing, and measured on a part of the data that it has not seen.
 */
final class PrincipledRun {

  private static final String METHOD = Choice.nameOf(MethodKind.PRINCIPLED_PRUNING);

  /** Draws for a prediction, where the scheme samples. */
  private static final int PREDICTION_SAMPLES = 100;

  /** As published. */
  static final HiddenLayers HIDDEN = HiddenLayers.of(50);

  static final UnaryFunction ACTIVATION = UnaryFunction.RELU;

  private final DataSource data;
  private final List<String> targets;
  private final Map<String, String> origin;
  private final Split split;
  private final Standardization standardization;
  private final TargetScale scale;
  private final HiddenLayers hidden;
  private final UnaryFunction activation;
  private final PrincipledPruning.Config config;
  private final Backend backend;
  private final Network network;

  /**
   * @param data where the examples are from
   * @param targets names of the targets
   * @param origin what a reader of the files has to know of the table
   * @param raw the examples as read
   * @param hidden sizes of the hidden layers
   * @param activation behind each of them
   * @param config schedule and settings
   * @param backend does the work
   */
  PrincipledRun(
      DataSource data,
      List<String> targets,
      Map<String, String> origin,
      Split raw,
      HiddenLayers hidden,
      UnaryFunction activation,
      PrincipledPruning.Config config,
      Backend backend) {
    this.data = data;
    this.targets = targets;
    this.origin = origin;
    this.standardization = Standardization.perFeature(raw.train());
    this.scale = TargetScale.of(raw.train());
    this.split = scale.apply(standardization.apply(raw));
    this.hidden = hidden;
    this.activation = activation;
    this.config = config;
    this.backend = backend;
    this.network =
        Networks.mlp(
            Shape.of(split.train().inputShape().size()),
            hidden.toArray(),
            config.model().outputs(split.train().targetSize()),
            activation);
  }

  /** What is measured before the first pruning, of each target. */
  private record Full(List<RegressionMetrics> metrics) {}

  /** What is measured at a time: the free energy of the training part, and the test part's fit. */
  private record Measured(FreeEnergy energy, long weights, List<RegressionMetrics> metrics) {}

  /**
   * Runs and writes all results.
   *
   * @param err for progress
   * @param quiet whether there is none
   * @param folder of the results
   * @param guard saves the run
   * @param options makes of the result the file of options that give it again
   * @param start when the command began, by {@link System#nanoTime}
   * @return the result
   */
  Map<String, Object> run(
      PrintWriter err,
      boolean quiet,
      ResultFolder folder,
      Autosave.Starter guard,
      Function<Map<String, Object>, ResultFolder.Result> options,
      long start)
      throws IOException {
    if (!quiet) {
      announce(err);
    }
    PrincipledPruning pruning = new PrincipledPruning(backend, network, split.train(), config);
    RegressionPrediction test =
        new RegressionPrediction(backend, pruning.model(), split.test(), PREDICTION_SAMPLES);
    AtomicReference<Full> full = new AtomicReference<>(new Full(List.of()));
    ExtendedRun guarded =
        new ExtendedRun(
            pruning, start, state -> state.progress("full", Full.class, full::get, full::set));
    guard.start(guarded, folder, Autosave.settings(split, network, backend));
    StatusLine status = StatusLine.on(err);
    PrincipledPruning.Listener listener =
        quiet ? PrincipledPruning.Listener.NONE : new PrincipledProgress(status, config);
    PrincipledPruning.Result result =
        pruning.run(() -> full.set(new Full(metrics(test))), listener);
    Measured before = new Measured(result.trained(), result.weights(), full.get().metrics());
    Measured after = new Measured(result.last(), result.kept(), metrics(test));
    double seconds = guarded.seconds();
    Compacted compacted =
        Compacted.of(
            backend,
            network,
            Compaction.of(backend, network, pruning.model().drawn(Compacted.SAMPLES)),
            split.test());
    Map<String, Object> json = json(pruning, result, before, after, seconds, folder);
    json.put("compact", compacted.json());
    Map<String, String> metadata = metadata(pruning.model());
    folder.commit(
        List.of(
            new ResultFolder.Result(
                ResultFiles.POSTERIOR,
                file -> RegressionModelFiles.save(file, backend, pruning.model(), metadata)),
            new ResultFolder.Result(
                ResultFiles.CERTIFICATE,
                file -> CertificateFiles.save(file, pruning.reduction(), metadata)),
            new ResultFolder.Result(
                ResultFiles.COMPACT,
                file -> CompactFiles.save(file, compacted.network(), metadata)),
            ResultFiles.report(json),
            options.apply(json),
            new ResultFolder.Result(
                ResultFiles.RESULT,
                file -> AtomicFiles.writeText(file, Json.writeIndented(json)))));
    return json;
  }

  private List<RegressionMetrics> metrics(RegressionPrediction prediction) {
    List<RegressionMetrics> metrics = new ArrayList<>();
    for (int m = 0; m < targets.size(); m++) {
      metrics.add(scale.restore(prediction.metrics(m), m));
    }
    return metrics;
  }

  private void announce(PrintWriter err) {
    err.println(
        String.format(
            Locale.ROOT,
            "%s (%s training examples, %s for testing), %s with %s weights, %s, %d epochs and %d"
                + " after each pruning, seed %d",
            split.train().name(),
            Numbers.count(split.train().size()),
            Numbers.count(split.test().size()),
            network.name(),
            Numbers.count(network.parameterCount()),
            Choice.nameOf(config.model().scheme()),
            config.epochs(),
            config.roundEpochs(),
            config.seed()));
    err.println(backend.describe());
    err.flush();
  }

  private Map<String, Object> json(
      PrincipledPruning pruning,
      PrincipledPruning.Result result,
      Measured before,
      Measured after,
      double seconds,
      ResultFolder folder) {
    double predicted =
        result.rounds().stream().mapToDouble(round -> round.reduction().predicted()).sum();
    double realised = result.rounds().stream().mapToDouble(PrincipledPruning.Round::realised).sum();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "prune");
    json.put("data", data.title());
    json.put("network", network.name());
    json.put("method", METHOD);
    json.put("seed", config.seed());
    json.put("backend", backend.name());
    json.put("threads", backend.threads());
    json.put("before", measured(before));
    json.put("after", measured(after));
    json.put("pruned_fraction", 1 - (double) result.kept() / result.weights());
    json.put("delta_f_predicted", Json.finiteOrNull(predicted));
    json.put("delta_f_realised", Json.finiteOrNull(realised));
    json.put("seconds", seconds(result, seconds));
    json.put("files", files(folder));
    json.put("layers", layers(pruning.reduction().decisions()));
    json.put("rounds", rounds(result));
    json.put("config", settings());
    json.put("dataset", ResultJson.dataset(split));
    json.put("versions", ResultJson.versions(backend.describe()));
    json.put("warnings", Backends.warnings());
    return json;
  }

  private Map<String, Object> measured(Measured measured) {
    Map<String, Object> json = new LinkedHashMap<>();
    List<Object> each = new ArrayList<>();
    double logLikelihood = 0;
    for (int m = 0; m < targets.size(); m++) {
      RegressionMetrics metrics = measured.metrics().get(m);
      Map<String, Object> target = new LinkedHashMap<>();
      target.put("name", targets.get(m));
      target.put("rmse", Json.finiteOrNull(metrics.rootMeanSquareError()));
      target.put("mae", Json.finiteOrNull(metrics.meanAbsoluteError()));
      target.put("nll", Json.finiteOrNull(-metrics.logLikelihood()));
      each.add(target);
      logLikelihood += metrics.logLikelihood();
    }
    // Errors in different units have no common one.
    json.put(
        "rmse",
        targets.size() == 1
            ? Json.finiteOrNull(measured.metrics().get(0).rootMeanSquareError())
            : null);
    json.put("nll", Json.finiteOrNull(-logLikelihood));
    json.put("elbo", Json.finiteOrNull(-measured.energy().total()));
    json.put("kl", Json.finiteOrNull(measured.energy().complexity()));
    json.put("weights", measured.weights());
    json.put("targets", each);
    return json;
  }

  private static Map<String, Object> seconds(PrincipledPruning.Result result, double total) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", total);
    json.put("train", result.trainSeconds());
    json.put("prune", result.pruneSeconds());
    json.put("evaluate", total - result.trainSeconds() - result.pruneSeconds());
    return json;
  }

  private static Map<String, Object> files(ResultFolder folder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("posterior", folder.file(ResultFiles.POSTERIOR).toString());
    json.put("certificate", folder.file(ResultFiles.CERTIFICATE).toString());
    json.put("compact", folder.file(ResultFiles.COMPACT).toString());
    json.put("report", folder.file(ResultFiles.REPORT).toString());
    json.put("result", folder.file(ResultFiles.RESULT).toString());
    return json;
  }

  private static List<Object> layers(List<Decisions> decisions) {
    List<Object> json = new ArrayList<>();
    for (Decisions layer : decisions) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", layer.block().layer());
      entry.put("inputs", layer.block().columns());
      entry.put("outputs", layer.block().rows());
      entry.put("weights", layer.block().size());
      entry.put("kept", layer.kept());
      entry.put("kept_outputs", LiveUnits.of(layer));
      json.add(entry);
    }
    return json;
  }

  private static List<Object> rounds(PrincipledPruning.Result result) {
    List<Object> json = new ArrayList<>();
    for (PrincipledPruning.Round round : result.rounds()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("round", round.reduction().round());
      entry.put("removed_by_evidence", round.reduction().byEvidence());
      entry.put("removed_as_dead", round.reduction().byStructure());
      entry.put("ties", round.ties());
      entry.put("kept", round.kept());
      entry.put("delta_f_predicted", Json.finiteOrNull(round.reduction().predicted()));
      entry.put("delta_f_realised", Json.finiteOrNull(round.realised()));
      json.add(entry);
    }
    return json;
  }

  private Map<String, Object> settings() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("hidden", hidden.sizes());
    json.put("activation", Choice.nameOf(activation));
    json.put("scheme", Choice.nameOf(config.model().scheme()));
    json.put("heteroscedastic", config.model().heteroscedastic());
    json.put("empirical_bayes", config.empiricalBayes());
    json.put("epochs", config.epochs());
    json.put("fine_tune", config.roundEpochs());
    json.put("rounds", config.maximumRounds());
    json.put("batch", config.batch());
    json.put("learning_rate", config.learningRate());
    json.put("tolerance", config.tolerance());
    json.put("samples", config.samples());
    json.put("prior_variance", config.model().priorVariance());
    json.put("input_variance", config.model().inputVariance());
    json.put("initial_spread", config.model().initialSpread());
    return json;
  }

  private Map<String, String> metadata(RegressionModel model) {
    Map<String, String> metadata = new LinkedHashMap<>(origin);
    metadata.put("bmr4j", Main.Version.project());
    metadata.put("method", METHOD);
    metadata.put("seed", Long.toString(config.seed()));
    metadata.put("data", data.title());
    metadata.put("data_sha256", Json.write(ResultJson.digests(split)));
    metadata.put("network", network.name());
    metadata.put("input_shape", Json.write(network.input().toArray()));
    metadata.put("hidden", Json.write(hidden.sizes()));
    metadata.put("activation", Choice.nameOf(activation));
    metadata.put("scheme", config.model().scheme().name());
    metadata.put("input_variance", Double.toString(config.model().inputVariance()));
    metadata.put("published", Boolean.toString(config.model().published()));
    metadata.put("heteroscedastic", Boolean.toString(config.model().heteroscedastic()));
    metadata.put("noise_variance", Json.write(model.noiseVariances()));
    metadata.put("targets", Json.write(targets));
    metadata.put("standardization_mean", Json.write(standardization.mean()));
    metadata.put("standardization_std", Json.write(standardization.standardDeviation()));
    metadata.put("target_mean", Json.write(scale.mean()));
    metadata.put("target_std", Json.write(scale.standardDeviation()));
    return metadata;
  }

  /**
   * The result as text.
   *
   * @param json as {@link #run} returns it
   */
  static String report(Map<String, Object> json) {
    Map<?, ?> before = (Map<?, ?>) json.get("before");
    Map<?, ?> after = (Map<?, ?>) json.get("after");
    List<?> full = (List<?>) before.get("targets");
    List<?> pruned = (List<?>) after.get("targets");
    Table comparison = new Table("", "before", "after");
    for (int m = 0; m < full.size(); m++) {
      Map<?, ?> one = (Map<?, ?>) full.get(m);
      Map<?, ?> other = (Map<?, ?>) pruned.get(m);
      String of = " of " + one.get("name");
      comparison.compare("RMSE" + of, one, other, "rmse", 4);
      comparison.compare("NLL" + of + " (nats)", one, other, "nll", 4);
    }
    comparison.compare("ELBO (nats)", before, after, "elbo", 1);
    comparison.compare("weights in the model", before, after, "weights", 0);
    Table layers = new Table("layer", "shape", "weights", "kept", "units left");
    for (Object each : (List<?>) json.get("layers")) {
      Map<?, ?> layer = (Map<?, ?>) each;
      layers.row(
          (String) layer.get("name"),
          layer.get("inputs") + " to " + layer.get("outputs"),
          Numbers.fixed(layer.get("weights"), 0),
          Numbers.fixed(layer.get("kept"), 0),
          Numbers.fixed(layer.get("kept_outputs"), 0));
    }
    Map<?, ?> seconds = (Map<?, ?>) json.get("seconds");
    Map<?, ?> files = (Map<?, ?>) json.get("files");
    return String.format(
        Locale.ROOT,
        "%s%n%s%nRemoved %s of the weights in %d rounds. Gained, in nats: log evidence %s as"
            + " predicted, ELBO %s as realised, before training on.%n"
            + "Time: %s.%nResults: %s%n         %s%n         %s%n         %s%n         %s%n",
        comparison,
        layers,
        Numbers.percent((Double) json.get("pruned_fraction")),
        ((List<?>) json.get("rounds")).size(),
        Numbers.fixed(json.get("delta_f_predicted"), 1),
        Numbers.fixed(json.get("delta_f_realised"), 1),
        Numbers.clock((Double) seconds.get("total")),
        files.get("posterior"),
        files.get("certificate"),
        files.get("compact"),
        files.get("report"),
        files.get("result"));
  }

  /** A status between prunings, and a line for each. */
  private static final class PrincipledProgress implements PrincipledPruning.Listener {

    private final StatusLine status;
    private final PrincipledPruning.Config config;

    PrincipledProgress(StatusLine status, PrincipledPruning.Config config) {
      this.status = status;
      this.config = config;
    }

    @Override
    public void epoch(int epoch, int of, double loss) {
      long now = System.nanoTime();
      if (status.isDue(now)) {
        status.update(
            String.format(
                Locale.ROOT, "epoch %d of %d, loss %.4f nats an example", epoch, of, loss),
            now);
      }
    }

    @Override
    public void pruned(PrincipledPruning.Round round) {
      status.print(
          String.format(
              Locale.ROOT,
              "pruning %d of at most %d: %s removed, %s left, log evidence %+.1f nats predicted,"
                  + " %+.1f realised",
              round.reduction().round(),
              config.maximumRounds(),
              Numbers.count(round.reduction().removed()),
              Numbers.count(round.kept()),
              round.reduction().predicted(),
              round.realised()));
    }
  }
}
