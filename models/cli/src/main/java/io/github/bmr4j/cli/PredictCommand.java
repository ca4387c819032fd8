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

/** {@code bmr predict}: class probabilities for each example. */
@Command(
    name = "predict",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    sortOptions = false,
    description = {
      "Predicts the class of each example by a posterior or a compact network, averaged over draws of"
          + " the weights: a CSV line for each, with the most probable class and the probability of"
          + " every class. A table needs the columns that the model was trained on, in any order.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr predict --data new.csv > predictions.csv",
      "  bmr predict bmr-out/posterior.safetensors --data new.csv --out predictions.csv",
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
    double[] probabilities;
    try (Backend backend = machine.open()) {
      probabilities = model.predict(backend, examples.data(), options.samples()).probabilities();
    }
    List<String> classes = model.classes();
    PrintWriter console = spec.commandLine().getOut();
    if (output.json()) {
      console.println(ResultJson.line(json(model, examples, classes, probabilities)));
    } else if (out == null) {
      console.print(csv(classes, probabilities));
    }
    if (out != null) {
      AtomicFiles.writeText(out.toAbsolutePath(), csv(classes, probabilities));
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

  private static Map<String, Object> json(
      SavedModel model,
      ModelOptions.Examples examples,
      List<String> classes,
      double[] probabilities) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "predict");
    json.put("model", model.file().toString());
    json.put("data", examples.what());
    json.put("classes", classes);
    List<String> predictions = new ArrayList<>();
    List<Object> rows = new ArrayList<>();
    int n = classes.size();
    for (int i = 0; i < examples.data().size(); i++) {
      predictions.add(classes.get(best(probabilities, i, n)));
      rows.add(Arrays.copyOfRange(probabilities, i * n, (i + 1) * n));
    }
    json.put("predictions", predictions);
    json.put("probabilities", rows);
    return json;
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
