package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.SpikeAndSlabCompression;
import io.github.bmr4j.models.method.SpikeAndSlabEvaluation;
import io.github.bmr4j.models.metric.SelectionMetrics;
import java.util.List;
import java.util.Locale;

/**
 * One replicate of {@code bmr select}.
 *
 * @param seed of its data and training
 * @param features names
 * @param relevant which matter; null if that is not known
 * @param examples for training
 * @param result of the method
 */
record SelectRun(
    long seed,
    List<String> features,
    boolean[] relevant,
    int examples,
    SpikeAndSlabCompression.Result result) {

  /** What was found of what matters; null if that is not known. */
  SelectionMetrics selection() {
    return relevant == null ? null : SelectionMetrics.of(result.report().features(), relevant);
  }

  int selected() {
    int n = 0;
    for (boolean kept : result.report().features()) {
      n += kept ? 1 : 0;
    }
    return n;
  }

  /** Accuracy, or RMSE. */
  static double quality(SpikeAndSlabEvaluation evaluation) {
    return Double.isNaN(evaluation.accuracy())
        ? evaluation.rootMeanSquareError()
        : evaluation.accuracy();
  }

  /** Full and pruned as they are compared: without noise where that can be taken away. */
  boolean prunedIsAtLeastAsGood() {
    return result.prunedNoiseless() == null
        ? result.pruned().isAtLeastAsGoodAs(result.full())
        : result.prunedNoiseless().isAtLeastAsGoodAs(result.fullNoiseless());
  }

  /** The line that a finished replicate leaves. */
  String line() {
    SelectionMetrics selection = selection();
    return String.format(
        Locale.ROOT,
        "seed %d: %d of %d features%s, %s %.4f full, %.4f pruned, %s of %s parameters, %s",
        seed,
        selected(),
        features.size(),
        selection == null
            ? ""
            : String.format(
                Locale.ROOT,
                " (%d of %d that matter, %d others)",
                selection.found(),
                selection.relevant(),
                selection.falsePositives()),
        Double.isNaN(result.full().accuracy()) ? "RMSE" : "accuracy",
        quality(result.full()),
        quality(result.pruned()),
        Numbers.count(result.pruned().parameters()),
        Numbers.count(result.full().parameters()),
        Numbers.clock(result.trainSeconds()));
  }
}
