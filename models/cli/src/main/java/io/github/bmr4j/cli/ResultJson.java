package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.FlatModel;
import io.github.bmr4j.models.method.HorseshoeModel;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.metric.Calibration;
import io.github.bmr4j.models.metric.ReliabilityBin;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The result of a run as a JSON object. Keys are snake_case and stay stable; metrics are in nats
 * per example, {@code elbo}, {@code kl} and all {@code delta_f} in nats for the training set. A
 * number that is not finite, or was not measured, is null.
 */
final class ResultJson {

  private ResultJson() {}

  /** All of a run. */
  static Map<String, Object> of(PruneRun run) {
    StochasticBmr.Result result = run.result();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "prune");
    json.put("data", run.data().title());
    json.put("network", run.network().name());
    json.put("method", Choice.nameOf(run.method()));
    json.put("seed", run.config().seed());
    json.put("backend", run.backend().name());
    json.put("threads", run.backend().threads());
    json.put("before", evaluation(result.before()));
    json.put("after", evaluation(result.after()));
    json.put("pruned_fraction", number(result.prunedFraction()));
    json.put("delta_f_predicted", number(result.predicted()));
    json.put("delta_f_realised", number(result.realised()));
    json.put("seconds", seconds(run));
    json.put("files", files(run));
    json.put("compact", run.compacted() == null ? null : run.compacted().json());
    json.put("layers", layers(result.reduction().decisions()));
    json.put("rounds", rounds(run));
    json.put("trajectory", run.recorder().trajectory());
    json.put("loss", run.recorder().loss());
    json.put("config", config(run));
    json.put("dataset", dataset(run.split()));
    json.put("versions", versions(run.backend().describe()));
    json.put("warnings", run.warnings());
    return json;
  }

  static Map<String, Object> evaluation(Evaluation evaluation) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("accuracy", number(evaluation.metrics().accuracy()));
    json.put("nll", number(evaluation.metrics().negativeLogLikelihood()));
    json.put("ece", number(evaluation.metrics().expectedCalibrationError()));
    json.put(
        "ece_equal_width", number(evaluation.metrics().equalWidthCalibration().expectedError()));
    json.put("brier", number(evaluation.metrics().brierScore()));
    json.put("lpd", number(evaluation.logPredictiveDensity()));
    json.put("elbo", number(evaluation.elbo()));
    json.put("expected_log_likelihood", number(evaluation.expectedLogLikelihood()));
    json.put("kl", number(evaluation.klDivergence()));
    json.put("weights", evaluation.weights());
    json.put("reliability", reliability(evaluation.metrics().calibration()));
    return json;
  }

  /** The buckets of the calibration error, by rising confidence. */
  private static List<Object> reliability(Calibration calibration) {
    List<Object> json = new ArrayList<>();
    for (ReliabilityBin bin : calibration.bins()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("count", bin.count());
      entry.put("confidence", number(bin.confidence()));
      entry.put("accuracy", number(bin.accuracy()));
      json.add(entry);
    }
    return json;
  }

  private static Map<String, Object> seconds(PruneRun run) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("total", number(run.totalSeconds()));
    json.put("train", number(run.result().trainSeconds()));
    json.put("prune", number(run.result().pruneSeconds()));
    json.put("evaluate", number(run.result().evaluateSeconds() + run.recorder().seconds()));
    return json;
  }

  /** The files of a run, by what is in them. */
  static Map<String, Object> files(PruneRun run) {
    ResultFiles files = run.files();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("posterior", files.posterior().toString());
    if (run.config().rounds() > 0) {
      json.put("certificate", files.certificate().toString());
    }
    if (run.compacted() != null) {
      json.put("compact", files.compact().toString());
    }
    json.put("report", files.report().toString());
    json.put("result", files.result().toString());
    return json;
  }

  private static List<Object> layers(List<Decisions> decisions) {
    List<Object> json = new ArrayList<>();
    for (Decisions layer : decisions) {
      ParameterBlock block = layer.block();
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("name", block.layer());
      entry.put("inputs", block.columns());
      entry.put("outputs", block.rows());
      entry.put("weights", block.size());
      entry.put("kept", layer.kept());
      entry.put("kept_outputs", LiveUnits.of(layer));
      json.add(entry);
    }
    return json;
  }

  private static List<Object> rounds(PruneRun run) {
    List<Object> json = new ArrayList<>();
    for (StochasticBmr.Round round : run.result().rounds()) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("round", round.reduction().round());
      entry.put("removed_by_evidence", round.reduction().byEvidence());
      entry.put("removed_as_dead", round.reduction().byStructure());
      entry.put("kept", round.kept());
      entry.put("thresholds", numbers(round.reduction().thresholds()));
      entry.put("delta_f_predicted", number(round.reduction().predicted()));
      entry.put("delta_f_realised", number(round.realised()));
      json.add(entry);
    }
    return json;
  }

  private static Map<String, Object> config(PruneRun run) {
    StochasticBmr.Config config = run.config();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("hidden", run.hidden());
    json.put("activation", run.activation());
    json.put("batch", config.batch());
    json.put("warm_up", config.warmUp());
    json.put("kl_warm_up", config.divergenceWarmUp());
    json.put("rounds", config.rounds());
    json.put("iterations", config.stepsPerRound());
    json.put("optimizer", config.optimizer().name());
    json.put("learning_rate", number(config.learningRate()));
    json.put("kl", Choice.nameOf(config.divergence()));
    json.put("reparameterization", Choice.nameOf(config.reparameterization()));
    json.put("rule", config.rule().name());
    json.put("samples", config.samples());
    json.put("likelihood_samples", config.likelihoodSamples());
    json.put("realised_examples", config.realisedExamples());
    switch (config.model()) {
      case FlatModel.Config flat -> {
        json.put("posterior", Choice.nameOf(flat.posterior()));
        json.put("scale_shape", number(flat.scaleShape()));
        json.put("scale_rate", number(flat.scaleRate()));
        json.put("hidden_factor", number(flat.hiddenFactor()));
        json.put("last_factor", number(flat.lastFactor()));
        json.put("initial_range", number(flat.initialRange()));
        json.put("initial_deviation", number(flat.initialDeviation()));
      }
      case HorseshoeModel.Config horseshoe -> {
        json.put("slab_shape", number(horseshoe.slabShape()));
        json.put("slab_rate", number(horseshoe.slabRate()));
        json.put("half_shape", number(horseshoe.halfShape()));
        json.put("global_scale", number(horseshoe.globalScale()));
        json.put("local_scales", Choice.nameOf(horseshoe.localScales()));
        json.put("initial_range", number(horseshoe.initialRange()));
        json.put("initial_deviation", number(horseshoe.initialDeviation()));
      }
    }
    return json;
  }

  /** A data set: what is in it and where it is from. */
  static Map<String, Object> dataset(Split split) {
    Dataset train = split.train();
    Dataset test = split.test();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", train.name());
    json.put("train_examples", train.size());
    json.put("test_examples", test.size());
    json.put(
        "input_shape",
        new int[] {
          train.inputShape().channels(), train.inputShape().height(), train.inputShape().width()
        });
    json.put("classes", train.classNames());
    Provenance provenance = train.provenance();
    json.put("source", provenance.source());
    json.put("licence", provenance.licence());
    json.put("sha256", digests(split));
    return json;
  }

  /** The SHA-256 of each file's content, by the file's name. */
  static Map<String, String> digests(Split split) {
    Map<String, String> digests = new LinkedHashMap<>(split.train().provenance().sha256());
    digests.putAll(split.test().provenance().sha256());
    return digests;
  }

  /** What a result depends on besides its settings. */
  static Map<String, Object> versions(String backend) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("bmr4j", Main.Version.project());
    json.put("java", Runtime.version().toString());
    json.put("java_vendor", System.getProperty("java.vendor"));
    json.put("vm", System.getProperty("java.vm.name"));
    json.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    json.put("arch", System.getProperty("os.arch"));
    json.put("backend", backend);
    return json;
  }

  private static List<Double> numbers(List<Double> numbers) {
    // Not List.copyOf: it refuses null.
    List<Double> json = new ArrayList<>();
    numbers.forEach(number -> json.add(number(number)));
    return json;
  }

  private static Double number(double number) {
    return Json.finiteOrNull(number);
  }

  /**
   * One line in ASCII, which is the same in whatever encoding standard output has.
   *
   * @param json an object
   */
  static String line(Map<String, Object> json) {
    String text = Json.write(json);
    StringBuilder ascii = new StringBuilder(text.length());
    // Outside of strings JSON is ASCII, so what is not can be escaped wherever it is.
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x7f) {
        ascii.append(c);
      } else {
        ascii.append(String.format(Locale.ROOT, "\\u%04x", (int) c));
      }
    }
    return ascii.toString();
  }
}
