package io.github.bmr4j.cli;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.method.SpikeAndSlabCompression;
import io.github.bmr4j.models.method.SpikeAndSlabEvaluation;
import io.github.bmr4j.models.metric.SelectionMetrics;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/** What the replicates of {@code bmr select} found, as text, JSON, CSV and picture. */
final class SelectReport {

  private static final int MOST_FEATURES = 20;

  private final String data;
  private final HiddenLayers hidden;
  private final UnaryFunction activation;
  private final SpikeAndSlabCompression.Config config;
  private final List<SelectRun> runs;
  private final List<Feature> features;

  /**
   * A feature over all replicates.
   *
   * @param name of the column
   * @param probability mean inclusion probability
   * @param logit its mean, in nats: ranks where probabilities are 0 or 1
   * @param times in how many replicates it was selected
   */
  private record Feature(String name, double probability, double logit, int times) {}

  SelectReport(
      String data,
      HiddenLayers hidden,
      UnaryFunction activation,
      SpikeAndSlabCompression.Config config,
      List<SelectRun> runs) {
    this.data = data;
    this.hidden = hidden;
    this.activation = activation;
    this.config = config;
    this.runs = List.copyOf(runs);
    List<Feature> ranked = new ArrayList<>();
    for (int j = 0; j < runs.get(0).features().size(); j++) {
      ranked.add(feature(j));
    }
    ranked.sort(Comparator.comparingDouble(Feature::logit).reversed());
    this.features = List.copyOf(ranked);
  }

  private Feature feature(int j) {
    double probability = 0;
    double logit = 0;
    int times = 0;
    for (SelectRun run : runs) {
      double l = run.result().report().featureLogits()[j];
      probability += SpecialFunctions.logistic(l);
      // Finite even where all units are dead, so that a mean can be taken.
      logit += Math.clamp(l, -1e6, 1e6);
      times += run.result().report().features()[j] ? 1 : 0;
    }
    int n = runs.size();
    // Summed first: n times 1/n may exceed 1.
    return new Feature(runs.get(0).features().get(j), probability / n, logit / n, times);
  }

  @Override
  public String toString() {
    String more =
        features.size() > MOST_FEATURES
            ? String.format(
                "and %s more features in %s%n",
                Numbers.count(features.size() - MOST_FEATURES), SelectCommand.FEATURES)
            : "";
    return featureTable()
        + more
        + System.lineSeparator()
        + comparison()
        + System.lineSeparator()
        + summary();
  }

  private Table featureTable() {
    Table table = new Table("feature", "inclusion", "logit (nats)", "selected");
    for (Feature feature : features.subList(0, Math.min(MOST_FEATURES, features.size()))) {
      table.row(
          feature.name(),
          Numbers.fixed(feature.probability(), 4),
          Numbers.signed(feature.logit(), 1),
          runs.size() == 1
              ? feature.times() == 1 ? "yes" : "no"
              : feature.times() + " of " + runs.size());
    }
    return table;
  }

  private Table comparison() {
    boolean classes = !Double.isNaN(runs.get(0).result().full().accuracy());
    Table table = new Table(runs.size() == 1 ? "" : "means", "full", "pruned");
    row(table, classes ? "accuracy" : "RMSE", 4, SelectRun::quality);
    row(table, "log likelihood (nats per example)", 4, SpikeAndSlabEvaluation::logLikelihood);
    row(table, "parameters", 0, SpikeAndSlabEvaluation::parameters);
    if (runs.get(0).result().fullNoiseless() != null) {
      table.row(
          "RMSE against the noiseless target",
          Numbers.fixed(mean(run -> run.result().fullNoiseless().rootMeanSquareError()), 4),
          Numbers.fixed(mean(run -> run.result().prunedNoiseless().rootMeanSquareError()), 4));
    }
    return table;
  }

  private void row(
      Table table, String name, int digits, ToDoubleFunction<SpikeAndSlabEvaluation> of) {
    table.row(
        name,
        Numbers.fixed(mean(run -> of.applyAsDouble(run.result().full())), digits),
        Numbers.fixed(mean(run -> of.applyAsDouble(run.result().pruned())), digits));
  }

  private double mean(ToDoubleFunction<SelectRun> of) {
    return runs.stream().mapToDouble(of).average().orElseThrow();
  }

  private String summary() {
    StringBuilder text = new StringBuilder();
    if (runs.get(0).relevant() != null) {
      text.append(
          String.format(
              Locale.ROOT,
              "Of those that matter %.1f found of %d, and %.2f others (FSR %.3f, NSR %.3f, FPR"
                  + " %.4f).%n",
              mean(run -> run.selection().found()),
              runs.get(0).selection().relevant(),
              mean(run -> run.selection().falsePositives()),
              mean(run -> run.selection().falseSelectionRate()),
              mean(run -> run.selection().negativeSelectionRate()),
              mean(run -> run.selection().falsePositiveRate())));
    }
    return text.append(
            String.format(
                Locale.ROOT,
                "Pruned at least as good as full in %d of %d. Features selected: %.1f of %d."
                    + " Training %.1f s each.%n",
                runs.stream().filter(SelectRun::prunedIsAtLeastAsGood).count(),
                runs.size(),
                mean(SelectRun::selected),
                features.size(),
                mean(run -> run.result().trainSeconds())))
        .toString();
  }

  /** All features by rank. */
  String featuresCsv() {
    StringBuilder text = new StringBuilder("feature,inclusion,logit,selected\n");
    for (Feature feature : features) {
      text.append(
          String.format(
              Locale.ROOT,
              "\"%s\",%.6g,%.6g,%d%n",
              feature.name().replace("\"", "\"\""),
              feature.probability(),
              feature.logit(),
              feature.times()));
    }
    return text.toString();
  }

  /** The first features as bars. */
  String svg() {
    BarPlot plot = new BarPlot("Features of " + data, "posterior inclusion probability");
    for (Feature feature : features.subList(0, Math.min(MOST_FEATURES, features.size()))) {
      plot.bar(
          feature.name(),
          feature.probability(),
          2 * feature.times() > runs.size(),
          Numbers.signed(feature.logit(), 1) + " nats");
    }
    return plot.svg();
  }

  /** The object that {@code --json} prints. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "select");
    json.put("data", data);
    json.put("method", "spike-and-slab");
    json.put("hidden", hidden.sizes());
    json.put("activation", Choice.nameOf(activation));
    json.put("config", config(config));
    json.put("replicates", runs.stream().map(SelectReport::replicate).toList());
    json.put(
        "features",
        IntStream.range(0, features.size())
            .mapToObj(
                i -> {
                  Map<String, Object> feature = new LinkedHashMap<>();
                  feature.put("name", features.get(i).name());
                  feature.put("inclusion", features.get(i).probability());
                  feature.put("logit", features.get(i).logit());
                  feature.put("selected", features.get(i).times());
                  return feature;
                })
            .toList());
    return json;
  }

  private static Map<String, Object> replicate(SelectRun run) {
    SpikeAndSlabCompression.Result result = run.result();
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("seed", run.seed());
    json.put("examples", run.examples());
    json.put("before", evaluation(result.full()));
    json.put("after", evaluation(result.pruned()));
    if (result.fullNoiseless() != null) {
      json.put("rmse_noiseless_before", result.fullNoiseless().rootMeanSquareError());
      json.put("rmse_noiseless_after", result.prunedNoiseless().rootMeanSquareError());
    }
    json.put("noise", Double.isNaN(result.noise()) ? null : result.noise());
    json.put("selected", run.selected());
    SelectionMetrics selection = run.selection();
    if (selection != null) {
      json.put("found", selection.found());
      json.put("false_positives", selection.falsePositives());
      json.put("fsr", selection.falseSelectionRate());
      json.put("nsr", selection.negativeSelectionRate());
      json.put("fpr", selection.falsePositiveRate());
    }
    json.put("train_seconds", result.trainSeconds());
    json.put("select_seconds", result.selectSeconds());
    return json;
  }

  private static Map<String, Object> evaluation(SpikeAndSlabEvaluation evaluation) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (Double.isNaN(evaluation.accuracy())) {
      json.put("rmse", evaluation.rootMeanSquareError());
    } else {
      json.put("accuracy", evaluation.accuracy());
    }
    json.put("log_likelihood", evaluation.logLikelihood());
    json.put("weights", evaluation.parameters());
    return json;
  }

  private static Map<String, Object> config(SpikeAndSlabCompression.Config config) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("indicators", Choice.nameOf(config.indicators()));
    json.put("inclusion", config.mixture().inclusion());
    json.put("slab", config.mixture().slab());
    json.put("spike", config.mixture().spike());
    json.put("first_spike", config.firstSpike());
    json.put("annealing", config.annealing());
    json.put("cycles", config.cycles());
    json.put("learn_inclusion", config.learnInclusion());
    json.put("initial_deviation", config.initialDeviation());
    json.put("batch", config.batch());
    json.put("steps", config.steps());
    json.put("learning_rate", config.learningRate());
    json.put("kl_warm_up", config.divergenceWarmUp());
    json.put("level", Choice.nameOf(config.rule().level()));
    json.put("grouping", Choice.nameOf(config.rule().grouping()));
    json.put("weights_by", Choice.nameOf(config.rule().weights()));
    json.put("nodes_by", Choice.nameOf(config.rule().nodes()));
    json.put("threshold", config.rule().threshold());
    json.put("fdr", config.rule().falseDiscoveryRate());
    json.put("candidates_count", config.rule().manyCandidates());
    json.put("restarts", config.restarts());
    json.put("fine_tuning", config.fineTuning());
    json.put("samples", config.samples());
    return json;
  }
}
