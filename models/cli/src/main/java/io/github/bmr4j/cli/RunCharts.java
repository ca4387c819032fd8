package io.github.bmr4j.cli;

import io.github.bmr4j.cli.picture.Axis;
import io.github.bmr4j.cli.picture.Chart;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;

/** What {@code result.json} says, as charts. */
final class RunCharts {

  private final JsonFields result;
  private final List<Figure> figures = new ArrayList<>();

  private RunCharts(JsonFields result) {
    this.result = result;
  }

  /**
   * All for which there is something.
   *
   * @param result what {@code --json} prints
   */
  static List<Figure> of(JsonFields result) {
    RunCharts charts = new RunCharts(result);
    charts.add();
    return List.copyOf(charts.figures);
  }

  private void add() {
    trajectory();
    if (RunReport.isPruned(result)) {
      reliability("before", "Reliability before pruning");
      reliability("after", "Reliability after pruning");
      evidence();
      layers();
    } else {
      reliability("after", "Reliability");
    }
    loss();
    epochs();
  }

  private void figure(String title, Chart chart, String note) {
    figures.add(new Figure(title, chart, note));
  }

  private void trajectory() {
    JsonFields trajectory = result.object("trajectory");
    List<JsonFields> points = trajectory.objects("points");
    double[] kept = values(points, "kept");
    if (kept.length < 2 || kept[kept.length - 1] == kept[0]) {
      return;
    }
    double all = result.object("before").number("weights");
    double[] pruned = Arrays.stream(kept).map(k -> 1 - k / all).toArray();
    String note =
        String.format(
            "Directly after each pruning; the last point when training had gone on. %s test"
                + " examples, %s draws from the posterior.",
            trajectory.text("examples"), trajectory.text("samples"));
    Axis share = Axis.of("share of weights pruned", 0, 1);
    double[] accuracy = values(points, "accuracy");
    figure(
        "Accuracy against sparsity",
        new Chart("Accuracy against sparsity", share, Axis.linear("accuracy", accuracy))
            .line("accuracy", pruned, accuracy),
        note);
    double[] ece = values(points, "ece");
    double[] nll = values(points, "nll");
    figure(
        "Calibration against sparsity",
        new Chart(
                "Calibration error and negative log-likelihood against sparsity",
                share,
                Axis.fromZero(
                    "ECE; NLL (nats)",
                    DoubleStream.concat(Arrays.stream(ece), Arrays.stream(nll)).toArray()))
            .line("ECE", pruned, ece)
            .line("NLL", pruned, nll),
        note);
  }

  private static double[] values(List<JsonFields> points, String key) {
    return points.stream().mapToDouble(point -> point.number(key)).toArray();
  }

  private void reliability(String when, String title) {
    List<JsonFields> bins =
        result.object(when).objects("reliability").stream()
            .filter(bin -> bin.number("count") > 0)
            .toList();
    if (bins.isEmpty()) {
      return;
    }
    figure(
        title,
        new Chart(title, Axis.of("confidence", 0, 1), Axis.of("share that was right", 0, 1))
            .diagonal()
            .line("equal-mass buckets", values(bins, "confidence"), values(bins, "accuracy")),
        String.format(
            "On the diagonal confidence is what it says. ECE %s.",
            Numbers.fixed(result.object(when).number("ece"), 4)));
  }

  private void evidence() {
    List<JsonFields> rounds = result.objects("rounds");
    if (rounds.isEmpty()) {
      return;
    }
    double[] round = new double[rounds.size() + 1];
    double[] predicted = new double[round.length];
    double[] realised = new double[round.length];
    for (int i = 1; i < round.length; i++) {
      round[i] = i;
      predicted[i] = predicted[i - 1] + rounds.get(i - 1).number("delta_f_predicted");
      realised[i] = realised[i - 1] + rounds.get(i - 1).number("delta_f_realised");
    }
    figure(
        "Cumulative evidence",
        new Chart(
                "Evidence gained by pruning, summed over the rounds",
                Axis.of("round", 0, round.length - 1),
                Axis.linear(
                    "nats",
                    DoubleStream.concat(Arrays.stream(predicted), Arrays.stream(realised))
                        .toArray()))
            .line("\u0394F predicted", round, predicted)
            .line("ELBO realised", round, realised),
        "What model reduction predicts from the posterior alone, and what the evidence lower bound"
            + " gained at the prunings.");
    double[] steps = Arrays.copyOfRange(round, 1, round.length);
    double[] kept = values(rounds, "kept");
    figure(
        "Weights in the model",
        new Chart(
                "Weights in the model after each round",
                Axis.of("round", 0, round.length - 1),
                Axis.logarithmic("weights", kept))
            .line("kept", steps, kept),
        "After each round of pruning.");
  }

  private void layers() {
    List<JsonFields> layers = result.objects("layers");
    if (layers.isEmpty()) {
      return;
    }
    double[] edges = new double[layers.size() + 1];
    double[] pruned = new double[layers.size()];
    for (int l = 0; l < pruned.length; l++) {
      JsonFields layer = layers.get(l);
      edges[l + 1] = l + 1;
      String all = layer.has("structures") ? "structures" : "weights";
      pruned[l] = 1 - layer.number("kept") / layer.number(all);
    }
    List<String> names = layers.stream().map(layer -> layer.text("name")).toList();
    figure(
        "Sparsity of each layer",
        new Chart(
                "Share of each layer that was pruned",
                Axis.names("layer, from the input", names),
                Axis.of("share pruned", 0, 1))
            .bars("pruned", edges, pruned),
        "Share of each layer's weights, or of its units and filters, that left.");
  }

  private void loss() {
    double[] steps = result.object("loss").numbers("step");
    if (steps.length < 2) {
      return;
    }
    double[] losses = result.object("loss").numbers("loss");
    figure(
        "Training",
        new Chart(
                "Loss against steps",
                Axis.fromZero("step", steps),
                Axis.logarithmic("loss (nats per example)", losses))
            .line("\u2212ln p(y|x, w)", steps, losses),
        "Mean over spans of steps of the loss on a batch, under one draw of the weights.");
  }

  private void epochs() {
    List<JsonFields> epochs = result.objects("epochs");
    if (epochs.size() < 2) {
      return;
    }
    double[] number = values(epochs, "epoch");
    double[] losses = values(epochs, "loss");
    figure(
        "Training",
        new Chart(
                "Loss against epochs",
                Axis.fromZero("epoch", number),
                Axis.linear("loss (nats per example)", losses))
            .line("loss", number, losses),
        "Mean over each epoch.");
    double[] accuracy = values(epochs, "validation_accuracy");
    if (Arrays.stream(accuracy).anyMatch(Double::isFinite)) {
      figure(
          "Validation",
          new Chart(
                  "Accuracy against epochs",
                  Axis.fromZero("epoch", number),
                  Axis.linear("accuracy", accuracy))
              .line("accuracy", number, accuracy),
          "On the part of the training set that is held out.");
    }
    double[] gone = values(epochs, "pruned_structures");
    figure(
        "Structures pruned",
        new Chart(
                "Structures pruned against epochs",
                Axis.fromZero("epoch", number),
                Axis.fromZero("structures", gone))
            .line("pruned", number, gone),
        "Units and filters that have left the model.");
  }
}
