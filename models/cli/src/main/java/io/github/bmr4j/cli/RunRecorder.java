package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.Prediction;
import io.github.bmr4j.models.method.SampledNetwork;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.StochasticBmr.Round;
import io.github.bmr4j.models.metric.ClassificationMetrics;
import io.github.bmr4j.models.metric.PredictiveAccumulator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Keeps of a run what its report shows as curves: the mean loss of each of {@value #SPANS} spans of
 * steps, and how good the model is as its weights leave, on a part of the test set with few draws,
 * directly after each pruning. Passes on all it hears.
 */
final class RunRecorder implements StochasticBmr.Listener {

  private static final int SPANS = 200;
  private static final int EXAMPLES = 1_000;
  private static final int SAMPLES = 10;

  private record Point(int round, long kept, ClassificationMetrics metrics) {}

  private final StochasticBmr.Listener next;
  private final double[] lossSums = new double[SPANS];
  private final long[] lossCounts = new long[SPANS];
  private final List<Point> points = new ArrayList<>();
  private Dataset examples;
  private Prediction prediction;
  private long nanos;

  /**
   * @param next hears the same
   */
  RunRecorder(StochasticBmr.Listener next) {
    this.next = next;
  }

  /**
   * What is recorded; to be said before the run.
   *
   * @param backend that holds the model
   * @param model that is going to be trained
   * @param test examples with labels
   */
  void watch(Backend backend, SampledNetwork model, Dataset test) {
    int n = Math.min(EXAMPLES, test.size());
    examples = n == test.size() ? test : test.select(IntStream.range(0, n).toArray());
    prediction = new Prediction(backend, model, n);
  }

  @Override
  public void step(long step, long total, double loss) {
    int span = (int) ((step - 1) * SPANS / Math.max(1, total));
    lossSums[span] += loss;
    lossCounts[span]++;
    next.step(step, total, loss);
  }

  @Override
  public void pruned(Round round) {
    measure(round.reduction().round(), round.kept());
    next.pruned(round);
  }

  @Override
  public void evaluated(String when, Evaluation evaluation) {
    measure(points.size(), evaluation.weights());
    next.evaluated(when, evaluation);
  }

  private void measure(int round, long kept) {
    long start = System.nanoTime();
    PredictiveAccumulator predictive =
        new PredictiveAccumulator(examples.classNames().size(), examples.labels());
    prediction.predict(examples, SAMPLES, predictive::addLogits);
    points.add(new Point(round, kept, predictive.metrics()));
    nanos += System.nanoTime() - start;
  }

  /** Wall time of the measurements. */
  double seconds() {
    return nanos * 1e-9;
  }

  /**
   * The curve of the loss: number of each span's last step, and the mean loss in nats per example.
   */
  Map<String, Object> loss() {
    List<Long> steps = new ArrayList<>();
    List<Double> losses = new ArrayList<>();
    long step = 0;
    for (int span = 0; span < SPANS; span++) {
      if (lossCounts[span] > 0) {
        step += lossCounts[span];
        steps.add(step);
        losses.add(Json.finiteOrNull(lossSums[span] / lossCounts[span]));
      }
    }
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("step", steps);
    json.put("loss", losses);
    return json;
  }

  /**
   * How good the model was: before the first pruning, directly after each, and at the end, when
   * training had gone on.
   */
  Map<String, Object> trajectory() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("examples", examples.size());
    json.put("samples", SAMPLES);
    List<Object> entries = new ArrayList<>();
    for (Point point : points) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("round", point.round());
      entry.put("kept", point.kept());
      entry.put("accuracy", Json.finiteOrNull(point.metrics().accuracy()));
      entry.put("nll", Json.finiteOrNull(point.metrics().negativeLogLikelihood()));
      entry.put("ece", Json.finiteOrNull(point.metrics().expectedCalibrationError()));
      entries.add(entry);
    }
    json.put("points", entries);
    return json;
  }
}
