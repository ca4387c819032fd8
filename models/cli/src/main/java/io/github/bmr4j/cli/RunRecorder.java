package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.Prediction;
import io.github.bmr4j.models.method.RunState;
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
 * directly after each pruning. Passes on all it hears. What it keeps belongs to the run's {@link
 * #state}, so that a run that was stopped has the curves of one that was not.
 */
final class RunRecorder implements StochasticBmr.Listener {

  private static final int SPANS = 200;
  private static final int EXAMPLES = 1_000;
  private static final int SAMPLES = 10;

  private record Point(int round, long kept, double accuracy, double nll, double ece) {}

  /** All that was heard so far; points are there for rounds 0, 1, … */
  private record Recorded(
      double[] lossSums, long[] lossCounts, int prunings, List<Point> points, long nanos) {

    Recorded {
      if (lossSums.length != SPANS || lossCounts.length != SPANS) {
        throw new IllegalArgumentException(
            "found losses of "
                + lossSums.length
                + " and counts of "
                + lossCounts.length
                + " spans, expected "
                + SPANS);
      }
    }
  }

  private final StochasticBmr.Listener next;
  private final double[] lossSums = new double[SPANS];
  private final long[] lossCounts = new long[SPANS];
  private Dataset examples;
  private Prediction prediction;

  /**
   * Never changed but replaced: evaluations, unlike steps and prunings, may go on during a save.
   */
  private volatile List<Point> points = List.of();

  private int prunings;
  private volatile long nanos;

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

  /** Adds what was heard to what is saved of the run. */
  RunState state(RunState run) {
    return run.progress(
        "recorder",
        Recorded.class,
        () -> new Recorded(lossSums, lossCounts, prunings, points, nanos),
        this::resume);
  }

  private void resume(Recorded saved) {
    System.arraycopy(saved.lossSums(), 0, lossSums, 0, SPANS);
    System.arraycopy(saved.lossCounts(), 0, lossCounts, 0, SPANS);
    prunings = saved.prunings();
    points = saved.points();
    nanos = saved.nanos();
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
    prunings = round.reduction().round();
    measure(prunings, round.kept());
    next.pruned(round);
  }

  @Override
  public void evaluated(String when, Evaluation evaluation) {
    measure(prunings == 0 ? 0 : prunings + 1, evaluation.weights());
    next.evaluated(when, evaluation);
  }

  /** In place of a point of that round: an evaluation that was interrupted is done again. */
  private void measure(int round, long kept) {
    long start = System.nanoTime();
    PredictiveAccumulator predictive =
        new PredictiveAccumulator(examples.classNames().size(), examples.labels());
    prediction.predict(examples, SAMPLES, predictive::addLogits);
    ClassificationMetrics metrics = predictive.metrics();
    List<Point> longer = new ArrayList<>(points.subList(0, Math.min(round, points.size())));
    longer.add(
        new Point(
            round,
            kept,
            metrics.accuracy(),
            metrics.negativeLogLikelihood(),
            metrics.expectedCalibrationError()));
    points = List.copyOf(longer);
    nanos = nanos + System.nanoTime() - start;
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
      entry.put("accuracy", Json.finiteOrNull(point.accuracy()));
      entry.put("nll", Json.finiteOrNull(point.nll()));
      entry.put("ece", Json.finiteOrNull(point.ece()));
      entries.add(entry);
    }
    json.put("points", entries);
    return json;
  }
}
