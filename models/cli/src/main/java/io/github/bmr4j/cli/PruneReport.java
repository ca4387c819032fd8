package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.pruning.ModelReduction.Decisions;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/** The result of a run as text: before and after, by layer, and what was gained. */
final class PruneReport {

  private final PruneRun run;

  PruneReport(PruneRun run) {
    this.run = run;
  }

  @Override
  public String toString() {
    if (!isPruned()) {
      return comparison() + System.lineSeparator() + closing();
    }
    return String.join(
        System.lineSeparator(),
        comparison().toString(),
        layers().toString(),
        compacted() + closing());
  }

  private boolean isPruned() {
    return run.config().rounds() > 0;
  }

  private String compacted() {
    return run.compacted() == null ? "" : run.compacted().table() + System.lineSeparator();
  }

  private Table comparison() {
    Table table = isPruned() ? new Table("", "before", "after") : new Table("", "trained");
    row(table, "accuracy", 4, e -> e.metrics().accuracy());
    row(table, "NLL (nats per example)", 4, e -> e.metrics().negativeLogLikelihood());
    row(table, "ECE (20 equal-mass buckets)", 4, e -> e.metrics().expectedCalibrationError());
    row(
        table,
        "ECE (15 equal-width bins)",
        4,
        e -> e.metrics().equalWidthCalibration().expectedError());
    row(table, "Brier score", 4, e -> e.metrics().brierScore());
    row(table, "LPD (nats per example)", 4, Evaluation::logPredictiveDensity);
    row(table, "ELBO (nats)", 1, Evaluation::elbo);
    row(table, "weights in the model", 0, Evaluation::weights);
    return table;
  }

  private void row(Table table, String name, int digits, ToDoubleFunction<Evaluation> of) {
    String after = Numbers.fixed(of.applyAsDouble(run.result().after()), digits);
    if (isPruned()) {
      table.row(name, Numbers.fixed(of.applyAsDouble(run.result().before()), digits), after);
    } else {
      table.row(name, after);
    }
  }

  private Table layers() {
    Table table = new Table("layer", "shape", "weights", "kept", "", "units left");
    long total = 0;
    long kept = 0;
    for (Decisions layer : run.result().reduction().decisions()) {
      table.row(
          layer.block().layer(),
          layer.block().columns() + " to " + layer.block().rows(),
          Numbers.count(layer.block().size()),
          Numbers.count(layer.kept()),
          Numbers.percent((double) layer.kept() / layer.block().size()),
          Numbers.count(LiveUnits.of(layer)));
      total += layer.block().size();
      kept += layer.kept();
    }
    return table.row(
        "all",
        "",
        Numbers.count(total),
        Numbers.count(kept),
        Numbers.percent((double) kept / total),
        "");
  }

  private String closing() {
    StochasticBmr.Result result = run.result();
    String gained =
        String.format(
            Locale.ROOT,
            "Gained by pruning, in nats: log evidence %s as predicted, ELBO %s as realised.%n",
            Numbers.signed(result.predicted(), 1),
            Numbers.signed(result.realised(), 1));
    String time =
        String.format(
            Locale.ROOT,
            "Time: %s (training %.1f s, pruning %.1f s, evaluation %.1f s) on %s.%n",
            Numbers.clock(run.totalSeconds()),
            result.trainSeconds(),
            result.pruneSeconds(),
            result.evaluateSeconds(),
            run.backend().describe());
    String files =
        ResultJson.files(run).values().stream()
            .map(String::valueOf)
            .collect(Collectors.joining(System.lineSeparator() + "         "));
    return (isPruned() ? gained : "") + time + "Results: " + files + System.lineSeparator();
  }
}
