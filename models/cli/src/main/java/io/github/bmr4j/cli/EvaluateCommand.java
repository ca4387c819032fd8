package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.metric.ClassificationMetrics;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
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
          + " accuracy, likelihood and calibration.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr evaluate",
      "  bmr evaluate bmr-out/posterior.safetensors --samples 200",
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
}
