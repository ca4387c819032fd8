package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.metric.ClassificationMetrics;
import io.github.bmr4j.models.metric.RegressionMetrics;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code bmr evaluate}: how well a trained model predicts. */
@Command(
    name = "evaluate",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Compares the predictions of a posterior or a compact network with the labels of a data set:"
          + " accuracy, likelihood and calibration; of a regression errors and likelihood.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr evaluate",
      "  bmr evaluate bmr-out/posterior.safetensors --samples 200",
      "  bmr evaluate runs/7",
      "  bmr evaluate model.safetensors --data new.csv",
      "",
      "Exit codes: 0 fine, 1 the run failed, 2 bad usage or bad input."
    })
final class EvaluateCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions options;

  @ArgGroup(validate = false, heading = "%nMachine:%n")
  private BackendOptions machine = new BackendOptions();

  @Mixin private OutputOptions output;

  EvaluateCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    SavedModel model = options.model();
    ModelOptions.Examples examples = options.examples(model, true);
    if (model.isRegression()) {
      return evaluateNumbers(model, examples);
    }
    ClassificationMetrics metrics;
    try (Backend backend = machine.open()) {
      metrics = model.predict(backend, examples.data(), options.samples()).metrics();
    }
    PrintWriter out = spec.commandLine().getOut();
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("command", "evaluate");
      json.put("model", model.file().toString());
      json.put("data", examples.what());
      json.put("examples", metrics.examples());
      json.put("accuracy", metrics.accuracy());
      json.put("nll", Json.finiteOrNull(metrics.negativeLogLikelihood()));
      json.put("ece", metrics.expectedCalibrationError());
      json.put("ece_equal_width", metrics.equalWidthCalibration().expectedError());
      json.put("brier", metrics.brierScore());
      out.println(ResultJson.line(json));
    } else {
      Table table = new Table(examples.what(), Numbers.count(metrics.examples()) + " examples");
      table.row("accuracy", Numbers.fixed(metrics.accuracy(), 4));
      table.row("NLL (nats per example)", Numbers.fixed(metrics.negativeLogLikelihood(), 4));
      table.row(
          "ECE (20 equal-mass buckets)", Numbers.fixed(metrics.expectedCalibrationError(), 4));
      table.row(
          "ECE (15 equal-width bins)",
          Numbers.fixed(metrics.equalWidthCalibration().expectedError(), 4));
      table.row("Brier score", Numbers.fixed(metrics.brierScore(), 4));
      out.print(table);
    }
    out.flush();
    return ExitCode.OK;
  }

  private int evaluateNumbers(SavedModel model, ModelOptions.Examples examples) throws IOException {
    NumberPredictions predictions;
    try (Backend backend = machine.open()) {
      predictions = model.predictNumbers(backend, examples.data(), options.samples());
    }
    List<String> targets = predictions.targets();
    float[] truth = examples.data().targets();
    List<Object> each = new ArrayList<>();
    double logLikelihood = 0;
    Table table = new Table(examples.what(), Numbers.count(predictions.examples()) + " examples");
    for (int m = 0; m < targets.size(); m++) {
      RegressionMetrics metrics = predictions.metrics(truth, m);
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("name", targets.get(m));
      json.put("rmse", metrics.rootMeanSquareError());
      json.put("mae", metrics.meanAbsoluteError());
      json.put("nll", -metrics.logLikelihood());
      each.add(json);
      logLikelihood += metrics.logLikelihood();
      String of = " of " + targets.get(m);
      table.row("RMSE" + of, Numbers.fixed(metrics.rootMeanSquareError(), 4));
      table.row("MAE" + of, Numbers.fixed(metrics.meanAbsoluteError(), 4));
      table.row("NLL" + of + " (nats)", Numbers.fixed(-metrics.logLikelihood(), 4));
    }
    PrintWriter out = spec.commandLine().getOut();
    if (output.json()) {
      Map<String, Object> json = new LinkedHashMap<>();
      json.put("command", "evaluate");
      json.put("model", model.file().toString());
      json.put("data", examples.what());
      json.put("examples", predictions.examples());
      // Errors in different units have no common one.
      json.put("rmse", targets.size() == 1 ? ((Map<?, ?>) each.getFirst()).get("rmse") : null);
      json.put("nll", -logLikelihood);
      json.put("targets", each);
      out.println(ResultJson.line(json));
    } else {
      out.print(table);
    }
    out.flush();
    return ExitCode.OK;
  }
}
