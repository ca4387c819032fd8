package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.ScaleMixture;
import io.github.bmr4j.engine.reduction.InclusionProbability.Estimator;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.SimulatedData;
import io.github.bmr4j.models.data.SimulatedData.Kind;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.TargetScale;
import io.github.bmr4j.models.method.SpikeAndSlabCompression.Config;
import io.github.bmr4j.models.method.SpikeAndSlabCompression.Listener;
import io.github.bmr4j.models.method.SpikeAndSlabCompression.Result;
import io.github.bmr4j.models.method.SpikeAndSlabModel.Indicators;
import io.github.bmr4j.models.metric.SelectionMetrics;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.InclusionReport;
import io.github.bmr4j.models.pruning.InclusionReport.Level;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The whole method on Friedman's function, of which five of twelve features matter. */
class SpikeAndSlabCompressionTest {

  private static final int FEATURES = 12;

  private static Config config(Indicators indicators, Level level, int steps, int fineTuning) {
    Config r = Config.RECOMMENDED;
    // Sampled gradients leave weights a little outside the spike; taken together they count less.
    InclusionReport.Grouping grouping =
        indicators == Indicators.COLLAPSED ? r.rule().grouping() : InclusionReport.Grouping.SHARED;
    return new Config(
        indicators,
        r.mixture(),
        r.firstSpike(),
        r.annealing(),
        1,
        false,
        r.initialDeviation(),
        r.batch(),
        steps,
        r.learningRate(),
        r.divergenceWarmUp(),
        new InclusionReport.Rule(
            level, grouping, Estimator.MEAN_FIELD, Estimator.SAVAGE_DICKEY, 0.5, 0, true),
        1,
        fineTuning,
        50,
        1);
  }

  private static Result run(Kind kind, Config config, int threads) {
    Split raw = SimulatedData.draw(kind, 500, 500, FEATURES, 1);
    TargetScale scale = TargetScale.of(raw.train());
    Split split = scale.apply(Standardization.perFeature(raw.train()).apply(raw));
    int outputs = kind.isClassification() ? 2 : 1;
    try (Backend backend = Backends.open(threads)) {
      return new SpikeAndSlabCompression(
              backend,
              Networks.mlp(Shape.of(FEATURES), new int[] {16}, outputs, UnaryFunction.TANH),
              split.train(),
              split.test(),
              null,
              kind.isClassification() ? 1 : scale.standardDeviation()[0],
              config,
              Listener.NONE)
          .run();
    }
  }

  private static SelectionMetrics selection(Kind kind, Result result) {
    boolean[] relevant = new boolean[FEATURES];
    Arrays.fill(relevant, 0, kind.relevant(), true);
    return SelectionMetrics.of(result.report().features(), relevant);
  }

  @Test
  void findsTheFeaturesThatMatterAndPrunesTheRest() {
    Config config = config(Indicators.COLLAPSED, Level.NODES, 2_000, 0);
    Result result = run(Kind.FRIEDMAN1, config, 1);
    SelectionMetrics selection = selection(Kind.FRIEDMAN1, result);
    assertEquals(5, selection.found());
    assertEquals(0, selection.falsePositives());
    // The noise has standard deviation 1, the targets have 5.
    assertTrue(result.pruned().rootMeanSquareError() < 1.35, result.toString());
    assertTrue(
        result.pruned().rootMeanSquareError() < 1.02 * result.full().rootMeanSquareError(),
        result.toString());
    assertTrue(result.pruned().parameters() < 0.5 * result.full().parameters());
    assertEquals(1, result.noise(), 0.3);
    Result again = run(Kind.FRIEDMAN1, config, 2);
    assertArrayEquals(
        result.report().featureLogits(),
        again.report().featureLogits(),
        "the same bits for any number of threads");
  }

  @ParameterizedTest
  @EnumSource(
      value = Indicators.class,
      names = {"SAMPLED", "COLLAPSED_NODES", "DIRAC_EDGES"})
  void otherFormsFindThemToo(Indicators indicators) {
    Config config =
        config(indicators, indicators.isDirac() ? Level.WEIGHTS : Level.NODES, 2_500, 0);
    Result result = run(Kind.FRIEDMAN1, withSpike(config, 0.05), 1);
    SelectionMetrics selection = selection(Kind.FRIEDMAN1, result);
    assertTrue(selection.found() >= 4, indicators + ": " + selection);
    assertTrue(selection.falsePositives() <= 2, indicators + ": " + selection);
    assertTrue(result.pruned().rootMeanSquareError() < 2.2, indicators + ": " + result);
  }

  /** The indicators are those of hidden units: they close, and features are not selected. */
  @Test
  void diracNodesCloseUnitsThatTheFitDoesNotNeed() {
    Result result = run(Kind.FRIEDMAN1, config(Indicators.DIRAC_NODES, Level.NODES, 2_500, 0), 1);
    boolean[] used = result.report().layers().get(1).usedInputs();
    int units = 0;
    for (boolean unit : used) {
      units += unit ? 1 : 0;
    }
    assertTrue(units >= 2 && units <= 12, units + " of 16 units");
    assertTrue(result.pruned().rootMeanSquareError() < 2.2, result.toString());
    assertTrue(
        result.pruned().rootMeanSquareError() < 1.1 * result.full().rootMeanSquareError(),
        result.toString());
  }

  /** A short training is often stuck; the best of several is none of the worse ones. */
  @Test
  void theRestartWithTheLargestBoundWins() {
    Config one = config(Indicators.COLLAPSED, Level.NODES, 500, 0);
    double[] each = new double[4];
    for (int r = 0; r < 4; r++) {
      Config alone = with(one, one.mixture().spike(), 1).withSeed(one.seed() + ((long) r << 32));
      each[r] = run(Kind.FRIEDMAN1, alone, 1).full().rootMeanSquareError();
    }
    double best =
        run(Kind.FRIEDMAN1, with(one, one.mixture().spike(), 4), 1).full().rootMeanSquareError();
    Arrays.sort(each);
    assertTrue(best <= each[1], best + " of " + Arrays.toString(each));
  }

  private static Config withSpike(Config c, double spike) {
    return with(c, spike, c.restarts());
  }

  private static Config with(Config c, double spike, int restarts) {
    return new Config(
        c.indicators(),
        new ScaleMixture(c.mixture().inclusion(), c.mixture().slab(), spike),
        c.firstSpike(),
        c.annealing(),
        c.cycles(),
        c.learnInclusion(),
        c.initialDeviation(),
        c.batch(),
        c.steps(),
        c.learningRate(),
        c.divergenceWarmUp(),
        c.rule(),
        restarts,
        c.fineTuning(),
        c.samples(),
        c.seed());
  }

  @Test
  void classesAndFineTuning() {
    Config config = config(Indicators.COLLAPSED, Level.NODES, 1_500, 300);
    Result result = run(Kind.SUN_CLASSIFICATION, config, 1);
    assertTrue(result.full().accuracy() > 0.8, result.toString());
    assertTrue(result.pruned().accuracy() > result.full().accuracy() - 0.03, result.toString());
    assertTrue(Double.isNaN(result.pruned().rootMeanSquareError()));
    assertTrue(selection(Kind.SUN_CLASSIFICATION, result).falsePositives() <= 1);
  }

  @Test
  void settingsOutsideTheirDomainAreRefused() {
    Config c = Config.RECOMMENDED;
    assertThrows(IllegalArgumentException.class, () -> withSpike(c, 2));
    assertThrows(
        IllegalArgumentException.class, () -> config(Indicators.COLLAPSED, Level.NODES, 0, 0));
  }
}
