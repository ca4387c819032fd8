package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.io.AtomicFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code bmr predict}: class probabilities, or means and deviations, for each example. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Predicts the class of each example by a posterior or a compact network, averaged over draws of"
          + " the weights: a CSV line for each, with the most probable class and the probability of"
          + " every class. A regression gives the mean and the standard deviation of each target. A"
          + " table needs the columns that the model was trained on, in any order.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr predict --data new.csv > predictions.csv",
      "  bmr predict bmr-out/posterior.safetensors --data new.csv --out predictions.csv",
      "  bmr predict model.onnx --data new.csv",
      "",
      "Exit codes: 0 fine, 1 the run failed, 2 bad usage or bad input."
    })
final class PredictCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions options;

  @ArgGroup(validate = false, heading = "%nMachine:%n")
  private BackendOptions machine = new BackendOptions();

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      description = "The predictions (default: standard output).")
  private Path out;

  @Mixin private OutputOptions output;

  PredictCommand() {}

  @Override
  public Integer call() throws IOException {
    output.apply();
    SavedModel model = options.model();
    ModelOptions.Examples examples = options.examples(model, false);
    String csv;
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "predict");
    json.put("model", model.file().toString());
    json.put("data", examples.what());
    try (Backend backend = machine.open()) {
      if (model.isRegression()) {
        NumberPredictions predictions =
            model.predictNumbers(backend, examples.data(), options.samples());
        csv = csv(predictions);
        describe(json, predictions);
      } else {
        double[] probabilities =
            model.predict(backend, examples.data(), options.samples()).probabilities();
        csv = csv(model.classes(), probabilities);
        describe(json, model.classes(), probabilities);
      }
    }
    PrintWriter console = spec.commandLine().getOut();
    if (output.json()) {
      console.println(ResultJson.line(json));
    } else if (out == null) {
      console.print(csv);
    }
    if (out != null) {
      AtomicFiles.writeText(out.toAbsolutePath(), csv);
      if (!output.json()) {
        console.println(out + ": " + Numbers.count(examples.data().size()) + " predictions");
      }
    }
    console.flush();
    return ExitCode.OK;
  }

  private static int best(double[] probabilities, int row, int classes) {
    int best = 0;
    for (int c = 1; c < classes; c++) {
      best = probabilities[row * classes + c] > probabilities[row * classes + best] ? c : best;
    }
    return best;
  }

  private static void describe(Map<String, Object> json, NumberPredictions predictions) {
    int targets = predictions.targets().size();
    json.put("targets", predictions.targets());
    json.put("means", rows(predictions.means(), targets));
    json.put("deviations", rows(predictions.deviations(), targets));
  }

  private static List<Object> rows(double[] values, int columns) {
    List<Object> rows = new ArrayList<>();
    for (int i = 0; i < values.length; i += columns) {
      rows.add(Arrays.copyOfRange(values, i, i + columns));
    }
    return rows;
  }

  private static String csv(NumberPredictions predictions) {
    StringBuilder csv = new StringBuilder();
    int targets = predictions.targets().size();
    for (int k = 0; k < targets; k++) {
      String name = predictions.targets().get(k);
      csv.append(k == 0 ? "" : ",")
          .append(cell(name))
          .append(',')
          .append(cell("std(" + name + ")"));
    }
    csv.append('\n');
    for (int i = 0; i < predictions.means().length; i++) {
      csv.append(i % targets == 0 ? "" : ",")
          .append(
              String.format(
                  Locale.ROOT, "%.7g,%.6g", predictions.means()[i], predictions.deviations()[i]));
      if (i % targets == targets - 1) {
        csv.append('\n');
      }
    }
    return csv.toString();
  }

  private static void describe(
      Map<String, Object> json, List<String> classes, double[] probabilities) {
    json.put("classes", classes);
    List<String> predictions = new ArrayList<>();
    int n = classes.size();
    for (int i = 0; i * n < probabilities.length; i++) {
      predictions.add(classes.get(best(probabilities, i, n)));
    }
    json.put("predictions", predictions);
    json.put("probabilities", rows(probabilities, n));
  }

  private static String csv(List<String> classes, double[] probabilities) {
    StringBuilder csv = new StringBuilder("prediction");
    for (String name : classes) {
      csv.append(',').append(cell("p(" + name + ")"));
    }
    csv.append('\n');
    int n = classes.size();
    for (int i = 0; i * n < probabilities.length; i++) {
      csv.append(cell(classes.get(best(probabilities, i, n))));
      for (int c = 0; c < n; c++) {
        csv.append(String.format(Locale.ROOT, ",%.6g", probabilities[i * n + c]));
      }
      csv.append('\n');
    }
    return csv.toString();
  }

  private static String cell(String text) {
    return text.contains(",") || text.contains("\"") || text.contains("\n")
        ? "\"" + text.replace("\"", "\"\"") + "\""
        : text;
  }
}
