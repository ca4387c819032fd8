package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.Bmrs;
import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.NoisyModelFiles;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetworkFiles;
import io.github.bmr4j.models.pruning.StructureLayer;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** {@code bmr prune --method bmrs}: trains with multiplicative noise and removes structures. */
final class BmrsRun {

  private static final String METHOD = Choice.nameOf(MethodKind.BMRS);

  private final DataSource data;
  private final BmrsPreset preset;
  private final Map<String, String> origin;
  private final Split split;
  private final Standardization standardization;
  private final Network network;
  private final Bmrs.Config config;
  private final Backend backend;

  /** Of the run that is done. */
  private CompactedStructures compacted;

  /**
   * @param data as given by its name
   * @param preset network and how it sees the data
   * @param origin what a reader of the files has to know of the data
   * @param prepared the data set as the network sees it
   * @param config schedule and settings
   * @param backend does the work
   */
  BmrsRun(
      DataSource data,
      BmrsPreset preset,
      Map<String, String> origin,
      BmrsPreset.Prepared prepared,
      Bmrs.Config config,
      Backend backend) {
    this.data = data;
    this.preset = preset;
    this.origin = origin;
    this.split = prepared.split();
    this.standardization = prepared.standardization();
    this.network = preset.network(split);
    this.config = config;
    this.backend = backend;
  }

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
    Bmrs.Listener listener =
        quiet ? Bmrs.Listener.NONE : new BmrsProgress(StatusLine.on(err), config);
    Bmrs bmrs =
        new Bmrs(
            backend, Networks.withNoise(network), split.train(), split.test(), config, listener);
    if (!quiet) {
      announce(err, bmrs);
    }
    ExtendedRun guarded = new ExtendedRun(bmrs, start, UnaryOperator.identity());
    guard.start(guarded, folder, Autosave.settings(split, network, backend));
    Bmrs.Result result = bmrs.run();
    double seconds = guarded.seconds();
    compacted = CompactedStructures.of(backend, bmrs.model(), network, split.test());
    Map<String, Object> json = json(bmrs, result, seconds, folder);
    json.put("compact", compacted.json());
    warnings(bmrs).forEach(warning -> err.println("Warning: " + warning + "."));
    err.flush();
    Map<String, String> metadata = metadata();
    folder.commit(
        List.of(
            new ResultFolder.Result(
                ResultFiles.POSTERIOR,
                file -> NoisyModelFiles.save(file, backend, bmrs.model(), metadata)),
            new ResultFolder.Result(
                ResultFiles.CERTIFICATE,
                file ->
                    NoisyModelFiles.saveCertificate(
                        file, bmrs.model(), bmrs.pruning(), result.decision(), metadata)),
            ResultFiles.report(json),
            options.apply(json),
            new ResultFolder.Result(
                ResultFiles.COMPACT,
                file -> PlainNetworkFiles.save(file, compacted.network(), metadata)),
            new ResultFolder.Result(
                ResultFiles.RESULT,
                file -> AtomicFiles.writeText(file, Json.writeIndented(json)))));
    return json;
  }

  private void announce(PrintWriter err, Bmrs bmrs) {
    err.println(
        String.format(
            Locale.ROOT,
            "%s (%s training examples, %s for testing), %s with %s weights and %s structures, %d"
                + " epochs and %d of fine-tuning, rule %s, seed %d",
            split.train().name(),
            Numbers.count(split.train().size()),
            Numbers.count(split.test().size()),
            network.name(),
            Numbers.count(network.parameterCount()),
            Numbers.count(bmrs.model().structureCount()),
            config.schedule().epochs(),
            config.schedule().fineTuneEpochs(),
            config.rule().name(),
            config.seed()));
    err.println(backend.describe());
    err.flush();
  }

  private Map<String, Object> json(
      Bmrs bmrs, Bmrs.Result result, double seconds, ResultFolder folder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "prune");
    json.put("data", data.title());
    json.put("network", network.name());
    json.put("method", METHOD);
    json.put("seed", config.seed());
    json.put("backend", backend.name());
    json.put("threads", backend.threads());
    json.put("before", ResultJson.evaluation(result.before()));
    json.put("after", ResultJson.evaluation(result.after()));
    json.put("pruned_fraction", result.compact().fraction());
    json.put("pruned_fraction_as_published", result.published().fraction());
    json.put("pruned_structures_fraction", result.decision().fraction());
    json.put("delta_f_predicted", Json.finiteOrNull(result.decision().predicted()));
    json.put("delta_f_realised", null);
    json.put("seconds", seconds(result, seconds));
    json.put("files", files(folder));
    json.put("layers", layers(bmrs));
    json.put("epochs", epochs(result));
    json.put("config", settings());
    json.put("dataset", ResultJson.dataset(split));
    json.put("versions", ResultJson.versions(backend.describe()));
    json.put("warnings", warnings(bmrs));
    return json;
  }

  /** Of the back end, and of layers that let nothing through any more. */
  private static List<String> warnings(Bmrs bmrs) {
    List<String> warnings = new ArrayList<>(Backends.warnings());
    for (StructureLayer layer : bmrs.model().structures()) {
      if (kept(layer) == 0) {
        warnings.add(
            "All structures of "
                + layer.block().layer()
                + " have left, so the network gives the same answer to every input; choose another"
                + " rule, a smaller --divergence-factor, or prune later with --prune-every");
      }
    }
    return warnings;
  }

  private static int kept(StructureLayer layer) {
    int kept = 0;
    for (boolean stays : layer.kept()) {
      kept += stays ? 1 : 0;
    }
    return kept;
  }

  private static Map<String, Object> seconds(Bmrs.Result result, double total) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", total);
    json.put("train", result.trainSeconds());
    json.put("prune", result.pruneSeconds());
    json.put("evaluate", result.evaluateSeconds());
    return json;
  }

  private static Map<String, Object> files(ResultFolder folder) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("posterior", folder.file(ResultFiles.POSTERIOR).toString());
    json.put("certificate", folder.file(ResultFiles.CERTIFICATE).toString());
    json.put("report", folder.file(ResultFiles.REPORT).toString());
    json.put("compact", folder.file(ResultFiles.COMPACT).toString());
    json.put("result", folder.file(ResultFiles.RESULT).toString());
    return json;
  }

  private static List<Object> layers(Bmrs bmrs) {
    List<Object> json = new ArrayList<>();
    for (StructureLayer layer : bmrs.model().structures()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", layer.block().layer());
      entry.put("inputs", layer.block().columns());
      entry.put("structures", layer.noise().size());
      entry.put("kept", kept(layer));
      entry.put("mean_kl", Json.finiteOrNull(layer.noise().meanDivergence()));
      json.add(entry);
    }
    return json;
  }

  private static List<Object> epochs(Bmrs.Result result) {
    List<Object> json = new ArrayList<>();
    for (Bmrs.Epoch epoch : result.epochs()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("epoch", epoch.number());
      entry.put("loss", Json.finiteOrNull(epoch.loss()));
      entry.put("mean_kl", Json.finiteOrNull(epoch.meanDivergence()));
      entry.put("pruned_structures", epoch.pruned());
      entry.put("validation_accuracy", Json.finiteOrNull(epoch.validationAccuracy()));
      json.add(entry);
    }
    return json;
  }

  private Map<String, Object> settings() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("hidden", preset.hidden().sizes());
    json.put("activation", Choice.nameOf(preset.activation()));
    json.put("batch", config.schedule().batch());
    json.put("epochs", config.schedule().epochs());
    json.put("prune_every", config.schedule().pruneEvery());
    json.put("fine_tune", config.schedule().fineTuneEpochs());
    json.put("learning_rate", config.schedule().learningRate());
    json.put("divergence", Choice.nameOf(config.objective().weighting()));
    json.put("divergence_factor", config.objective().factor());
    json.put("drawing", Choice.nameOf(config.objective().drawing()));
    json.put("rule", config.rule().name());
    json.put("threshold", Json.finiteOrNull(config.rule().threshold()));
    json.put("validation_fraction", config.validationFraction());
    json.put("likelihood_samples", config.likelihoodSamples());
    json.put("lower", config.model().prior().lower());
    json.put("upper", config.model().prior().upper());
    json.put("initial_location", config.model().initialLocation());
    json.put("initial_log_scale", config.model().initialLogScale());
    json.put("granularity", Choice.nameOf(config.model().granularity()));
    return json;
  }

  private Map<String, String> metadata() {
    Map<String, String> metadata = new LinkedHashMap<>(origin);
    if (preset.imageSize() > 0) {
      metadata.put("resized", Json.write(new int[] {preset.imageSize(), preset.imageSize()}));
    }
    metadata.put("bmr4j", Main.Version.project());
    metadata.put("method", METHOD);
    metadata.put("seed", Long.toString(config.seed()));
    metadata.put("data", data.title());
    metadata.put("data_sha256", Json.write(ResultJson.digests(split)));
    metadata.put("classes", Json.write(split.train().classNames()));
    metadata.put("network", network.name());
    metadata.put("input_shape", Json.write(network.input().toArray()));
    metadata.put("hidden", Json.write(preset.hidden().sizes()));
    metadata.put("activation", Choice.nameOf(preset.activation()));
    metadata.put("standardization_mean", Json.write(standardization.mean()));
    metadata.put("standardization_std", Json.write(standardization.standardDeviation()));
    return metadata;
  }

  /**
   * The result as text.
   *
   * @param json as {@link #run} returns it
   */
  String report(Map<String, Object> json) {
    Map<?, ?> before = (Map<?, ?>) json.get("before");
    Map<?, ?> after = (Map<?, ?>) json.get("after");
    Table comparison = new Table("", "before", "after");
    comparison.compare("accuracy", before, after, "accuracy", 4);
    comparison.compare("NLL (nats per example)", before, after, "nll", 4);
    comparison.compare("ECE (20 equal-mass buckets)", before, after, "ece", 4);
    comparison.compare("ELBO (nats)", before, after, "elbo", 1);
    comparison.compare("weights in the model", before, after, "weights", 0);
    Table layers = new Table("layer", "inputs", "structures", "kept", "mean KL");
    for (Object each : (List<?>) json.get("layers")) {
      Map<?, ?> layer = (Map<?, ?>) each;
      layers.row(
          (String) layer.get("name"),
          Numbers.fixed(layer.get("inputs"), 0),
          Numbers.fixed(layer.get("structures"), 0),
          Numbers.fixed(layer.get("kept"), 0),
          Numbers.fixed(layer.get("mean_kl"), 4));
    }
    Map<?, ?> seconds = (Map<?, ?>) json.get("seconds");
    Map<?, ?> files = (Map<?, ?>) json.get("files");
    return String.format(
        Locale.ROOT,
        "%s%n%s%n%s%nRemoved: %s of the structures, %s of the parameters (%s as the paper counts).%n"
            + "Time: %s.%nResults: %s%n         %s%n         %s%n         %s%n         %s%n",
        comparison,
        layers,
        compacted.table(),
        Numbers.percent((Double) json.get("pruned_structures_fraction")),
        Numbers.percent((Double) json.get("pruned_fraction")),
        Numbers.percent((Double) json.get("pruned_fraction_as_published")),
        Numbers.clock((Double) seconds.get("total")),
        files.get("posterior"),
        files.get("certificate"),
        files.get("compact"),
        files.get("report"),
        files.get("result"));
  }

  /** Says on standard error how a run goes on: a line for each epoch, and a status between them. */
  private static final class BmrsProgress implements Bmrs.Listener {

    private final StatusLine status;
    private final Bmrs.Config config;

    BmrsProgress(StatusLine status, Bmrs.Config config) {
      this.status = status;
      this.config = config;
    }

    private TimeLeft timeLeft;

    @Override
    public void step(long step, long total, double loss) {
      long now = System.nanoTime();
      if (timeLeft == null) {
        timeLeft = new TimeLeft(total, 0, now);
      } else {
        timeLeft.step(step, now);
      }
      if (status.isDue(now)) {
        status.update(
            String.format(
                Locale.ROOT,
                "step %s of %s, loss %.3f nats, %s left",
                Numbers.count(step),
                Numbers.count(total),
                loss,
                Numbers.clock(timeLeft.left())),
            now);
      }
    }

    @Override
    public void epoch(Bmrs.Epoch epoch) {
      int all = config.schedule().epochs() + config.schedule().fineTuneEpochs();
      if (all > 100 && epoch.number() % (all / 50) != 0) {
        return;
      }
      status.print(
          String.format(
              Locale.ROOT,
              "epoch %d of %d: loss %.3f, mean KL %.3f nats, %s structures removed, validation"
                  + " accuracy %s",
              epoch.number(),
              all,
              epoch.loss(),
              epoch.meanDivergence(),
              Numbers.count(epoch.pruned()),
              Numbers.percent(epoch.validationAccuracy())));
    }

    @Override
    public void evaluated(String when, Evaluation evaluation) {
      status.print(
          String.format(
              Locale.ROOT,
              "%s: accuracy %s, NLL %s, ELBO %s nats",
              when.equals("before") ? "before pruning" : "at the end",
              Numbers.percent(evaluation.metrics().accuracy()),
              Numbers.fixed(evaluation.metrics().negativeLogLikelihood(), 4),
              Numbers.fixed(evaluation.elbo(), 1)));
    }
  }
}
