package io.github.bmr4j.cli;

import io.github.bmr4j.models.method.Evaluation;
import io.github.bmr4j.models.method.StochasticBmr;
import io.github.bmr4j.models.method.StochasticBmr.Round;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

/**
 * Says on standard error how a run goes on: one line a pruning, and between them a line that is
 * rewritten on a terminal, or a plain one every few seconds elsewhere.
 */
final class Progress implements StochasticBmr.Listener {

  private final StatusLine status;
  private final LongSupplier nanoTime;
  private final StochasticBmr.Config config;
  private final long weights;
  private final long start;
  private final TimeLeft timeLeft;
  private boolean pruned;

  /**
   * @param status where the lines go
   * @param config schedule of the run
   * @param weights number of parameters at the start
   * @param nanoTime the clock
   */
  Progress(StatusLine status, StochasticBmr.Config config, long weights, LongSupplier nanoTime) {
    this.status = status;
    this.nanoTime = nanoTime;
    this.config = config;
    this.weights = weights;
    this.start = nanoTime.getAsLong();
    this.timeLeft = new TimeLeft(config.totalSteps(), config.rounds(), start);
  }

  @Override
  public void step(long step, long total, double loss) {
    long now = nanoTime.getAsLong();
    timeLeft.step(step, now);
    boolean evaluationFollows = step == total || step == config.warmUp();
    if (status.isDue(now) || evaluationFollows) {
      String line =
          String.format(
              Locale.ROOT,
              "step %s of %s, loss %.3f nats, %s left",
              Numbers.count(step),
              Numbers.count(total),
              loss,
              Numbers.clock(timeLeft.left()));
      status.update(evaluationFollows ? line + ", evaluating" : line, now);
    }
  }

  @Override
  public void pruned(Round round) {
    long now = nanoTime.getAsLong();
    timeLeft.round(round.reduction().round(), now);
    if (!pruned) {
      pruned = true;
      status.print("Pruning, in nats: log evidence gained as predicted, ELBO gained as realised.");
    }
    status.print(
        String.format(
            Locale.ROOT,
            "round %d of %d: %s weights left (%s), thresholds %s, predicted %s, realised %s",
            round.reduction().round(),
            config.rounds(),
            Numbers.count(round.kept()),
            Numbers.percent((double) round.kept() / weights),
            thresholds(round.reduction().thresholds()),
            Numbers.signed(round.reduction().predicted(), 1),
            Numbers.signed(round.realised(), 1)));
  }

  private static String thresholds(List<Double> thresholds) {
    return thresholds.stream()
        .map(threshold -> Numbers.signed(threshold, 2))
        .collect(Collectors.joining(" ", "[", "]"));
  }

  @Override
  public void evaluated(String when, Evaluation evaluation) {
    long now = nanoTime.getAsLong();
    timeLeft.evaluation(now);
    status.print(
        String.format(
            Locale.ROOT,
            "%s: accuracy %s, NLL %s, ELBO %s nats, after %s",
            when.equals("before") ? "before pruning" : when.equals("after") ? "at the end" : when,
            Numbers.percent(evaluation.metrics().accuracy()),
            Numbers.fixed(evaluation.metrics().negativeLogLikelihood(), 4),
            Numbers.fixed(evaluation.elbo(), 1),
            Numbers.clock((now - start) * 1e-9)));
  }

  /** A listener that says nothing, or this. */
  static StochasticBmr.Listener of(
      PrintWriter err, boolean quiet, StochasticBmr.Config config, long weights) {
    return quiet
        ? StochasticBmr.Listener.NONE
        : new Progress(StatusLine.on(err), config, weights, System::nanoTime);
  }
}
