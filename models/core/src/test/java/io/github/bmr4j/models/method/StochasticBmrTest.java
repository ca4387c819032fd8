package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.reduction.SpikeAndSlab;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.AdaptiveSpikeAndSlab;
import io.github.bmr4j.models.pruning.EvidenceThreshold;
import io.github.bmr4j.models.pruning.HorseshoeShrinkage;
import io.github.bmr4j.models.pruning.ModelReduction;
import io.github.bmr4j.models.pruning.PruningRule;
import io.github.bmr4j.models.pruning.WithReducedPosterior;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class StochasticBmrTest {

  private static final Split DIGITS = standardized(Digits.split(0));

  private static Split standardized(Split split) {
    Standardization standardization = Standardization.perChannel(split.train());
    return new Split(standardization.apply(split.train()), standardization.apply(split.test()));
  }

  private static StochasticBmr.Config config(int warmUp, int rounds, int stepsPerRound) {
    return config(
        warmUp,
        rounds,
        stepsPerRound,
        Optimizer.AdaBelief.DEFAULT,
        1e-2,
        Reparameterization.GLOBAL);
  }

  private static StochasticBmr.Config config(
      int warmUp,
      int rounds,
      int stepsPerRound,
      Optimizer.Rule optimizer,
      double rate,
      Reparameterization reparameterization) {
    return new StochasticBmr.Config(
        FlatModel.Config.PUBLISHED,
        120,
        warmUp,
        0,
        rounds,
        stepsPerRound,
        optimizer,
        rate,
        VariationalStep.Divergence.ANALYTIC,
        reparameterization,
        AdaptiveSpikeAndSlab.PUBLISHED,
        20,
        3,
        2_000,
        1);
  }

  private static Network network() {
    return Networks.mlp(Shape.of(64), new int[] {64, 64}, 10, UnaryFunction.SWISH);
  }

  /** Settings of the published code: batch, schedule, optimiser, prior, threshold, evaluation. */
  @Test
  void defaultsAreThePublishedOnes() {
    StochasticBmr.Config config = StochasticBmr.Config.PUBLISHED;
    assertEquals(120, config.batch());
    assertEquals(500, config.warmUp());
    assertEquals(0, config.divergenceWarmUp());
    assertEquals(50, config.rounds());
    assertEquals(500, config.stepsPerRound());
    assertEquals(25_500, config.totalSteps());
    assertEquals(Optimizer.AdaBelief.DEFAULT, config.optimizer());
    assertEquals(1e-2, config.learningRate());
    assertEquals(VariationalStep.Divergence.SAMPLED, config.divergence());
    assertEquals(Reparameterization.GLOBAL, config.reparameterization());
    assertEquals(100, config.samples());
    assertEquals(137, config.seed());
    assertEquals(new AdaptiveSpikeAndSlab(new SpikeAndSlab.Config(1, 1, 4, false)), config.rule());
    assertEquals(
        new FlatModel.Config(2, 2, 0.1, 1, 2, 0.1, Latent.Posterior.NORMAL), config.model());
    assertEquals(new Optimizer.AdaBelief(0.9, 0.999, 1e-16, 1e-16), Optimizer.AdaBelief.DEFAULT);
  }

  @Test
  void settingsThatCannotBeAreRefusedByName() {
    StochasticBmr.Config good = StochasticBmr.Config.PUBLISHED;
    String message =
        assertThrows(IllegalArgumentException.class, () -> good.withSchedule(500, -1, 10))
            .getMessage();
    assertEquals("rounds must be at least 0, but is -1", message);
    assertThrows(IllegalArgumentException.class, () -> good.withSchedule(-1, 1, 10));
    assertThrows(IllegalArgumentException.class, () -> good.withSchedule(1, 1, -10));
  }

  @Test
  void aDivergenceAtDrawnWeightsDoesNotGoWithTheLocalReparameterisation() {
    String message =
        assertThrows(
                IllegalArgumentException.class,
                () -> Reparameterization.LOCAL.require(VariationalStep.Divergence.SAMPLED))
            .getMessage();
    assertTrue(message.contains("use the analytic divergence"), message);
  }

  /** The whole method on real data; a broken sampler, update, evidence or mask fails it. */
  @ParameterizedTest
  @EnumSource
  void prunesDigitsWithoutLosingAccuracy(Reparameterization reparameterization) {
    try (Backend backend = Backends.open()) {
      List<StochasticBmr.Round> heard = new ArrayList<>();
      StochasticBmr run =
          new StochasticBmr(
              backend,
              network(),
              DIGITS.train(),
              DIGITS.test(),
              config(1_500, 20, 100, Optimizer.AdaBelief.DEFAULT, 1e-2, reparameterization),
              new StochasticBmr.Listener() {
                @Override
                public void pruned(StochasticBmr.Round round) {
                  heard.add(round);
                }
              });
      StochasticBmr.Result result = run.run();
      Evaluation before = result.before();
      Evaluation after = result.after();
      assertTrue(before.metrics().accuracy() > 0.9, () -> "before " + before);
      assertTrue(
          after.metrics().accuracy() > before.metrics().accuracy() - 0.01, () -> "after " + after);
      assertTrue(result.prunedFraction() > 0.9, () -> "pruned " + result.prunedFraction());
      assertTrue(after.elbo() > before.elbo() + 500, () -> before + " -> " + after);
      assertTrue(
          after.metrics().negativeLogLikelihood() < before.metrics().negativeLogLikelihood());
      assertTrue(result.predicted() > 0 && result.realised() > 0);
      assertEquals(20, heard.size());
      assertEquals(result.rounds(), heard);
      assertEquals(result.reduction().kept(), after.weights());
      checkMasks(run, result);
    }
  }

  /** Natural gradients: the same method, another way to the posterior. */
  @Test
  void prunesDigitsTrainedByIvon() {
    try (Backend backend = Backends.open()) {
      StochasticBmr run =
          new StochasticBmr(
              backend,
              network(),
              DIGITS.train(),
              DIGITS.test(),
              config(1_500, 20, 100, Optimizer.Ivon.SHORT_RUN, 1e-2, Reparameterization.GLOBAL),
              StochasticBmr.Listener.NONE);
      StochasticBmr.Result result = run.run();
      Evaluation before = result.before();
      Evaluation after = result.after();
      assertTrue(after.metrics().accuracy() > 0.94, () -> "after " + after);
      assertTrue(result.prunedFraction() > 0.9, () -> "pruned " + result.prunedFraction());
      assertTrue(after.elbo() > before.elbo() + 500, () -> before + " -> " + after);
      assertTrue(result.predicted() > 0 && result.realised() > 0);
      checkMasks(run, result);
    }
  }

  /**
   * Rows with correlations, whole: a factor that is not trained or drawn, a wrong divergence or
   * wrong evidence fails it. With independent weights the ELBO ends at -735 nats.
   */
  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void prunesDigitsWithCorrelatedRows(Latent.Posterior posterior) {
    try (Backend backend = Backends.open()) {
      StochasticBmr.Config config =
          config(1_000, 10, 60)
              .withModel(FlatModel.Config.PUBLISHED.withPosterior(posterior))
              .withRule(EvidenceThreshold.ZERO)
              .withLearningRate(5e-3);
      Network network = Networks.mlp(Shape.of(64), new int[] {32}, 10, UnaryFunction.SWISH);
      StochasticBmr run =
          new StochasticBmr(
              backend, network, DIGITS.train(), DIGITS.test(), config, StochasticBmr.Listener.NONE);
      StochasticBmr.Result result = run.run();
      Evaluation after = result.after();
      assertTrue(after.metrics().accuracy() > 0.93, () -> "after " + after);
      assertTrue(after.metrics().negativeLogLikelihood() < 0.25, () -> "after " + after);
      assertTrue(after.elbo() > -900, () -> "after " + after);
      assertTrue(result.prunedFraction() > 0.4, () -> "pruned " + result.prunedFraction());
      assertTrue(result.realised() > 0.7 * result.predicted() && result.predicted() > 50);
      double alone = 0;
      for (FlatModel.Block block : ((FlatModel) run.model()).blocks()) {
        MeanFieldNormal weights = block.weights();
        alone +=
            backend
                .variational()
                .klDivergence(weights.factors().mean(), weights.factors().rho(), weights.mask(), 1);
        alone += block.scale().klDivergence();
      }
      assertTrue(run.model().klDivergence() > alone + 20, "what correlations add, in nats");
      checkMasks(run, result);
    }
  }

  @Test
  void correlatedRowsDoNotGoWithWhatIsThereWeightByWeight() {
    StochasticBmr.Config full =
        config(10, 1, 10)
            .withModel(FlatModel.Config.PUBLISHED.withPosterior(Latent.Posterior.FULL_ROW));
    PruningRule[] rules = {
      HorseshoeShrinkage.PUBLISHED, new WithReducedPosterior(EvidenceThreshold.ZERO)
    };
    for (PruningRule rule : rules) {
      String message =
          assertThrows(IllegalArgumentException.class, () -> full.withRule(rule)).getMessage();
      assertTrue(message.contains("does not go with"), message);
    }
  }

  private static void checkMasks(StochasticBmr run, StochasticBmr.Result result) {
    List<FlatModel.Block> blocks = ((FlatModel) run.model()).blocks();
    for (int l = 0; l < blocks.size(); l++) {
      ModelReduction.Decisions decisions = result.reduction().decisions().get(l);
      float[] mask = blocks.get(l).weights().mask().toArray();
      for (int i = 0; i < mask.length; i++) {
        boolean kept = decisions.reason()[i] == ModelReduction.Reason.KEPT.code();
        assertEquals(kept ? 1 : 0, mask[i]);
        assertEquals(kept, decisions.round()[i] == 0);
      }
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsWithAnyNumberOfThreads() {
    List<float[]> one = posterior(1);
    List<float[]> two = posterior(2);
    List<float[]> three = posterior(3);
    for (int i = 0; i < one.size(); i++) {
      assertArrayEquals(one.get(i), two.get(i));
      assertArrayEquals(one.get(i), three.get(i));
    }
  }

  private static List<float[]> posterior(int threads) {
    try (Backend backend = Backends.open(threads)) {
      StochasticBmr run =
          new StochasticBmr(
              backend,
              network(),
              DIGITS.train(),
              DIGITS.test(),
              config(60, 2, 20),
              StochasticBmr.Listener.NONE);
      run.run();
      List<float[]> parameters = new ArrayList<>();
      for (FlatModel.Block block : ((FlatModel) run.model()).blocks()) {
        parameters.add(block.weights().factors().mean().toArray());
        parameters.add(block.weights().factors().rho().toArray());
        parameters.add(block.weights().mask().toArray());
        parameters.add(block.scale().factors().mean().toArray());
      }
      return parameters;
    }
  }

  /** One step from the same state; what differs is rounding. */
  @Test
  void backEndsAgreeAfterAFewSteps() {
    List<float[]> scalar = posteriorAfter(Backends.open("scalar", 1), 3);
    List<float[]> best = posteriorAfter(Backends.open(1), 3);
    for (int l = 0; l < scalar.size(); l++) {
      double difference = 0;
      for (int i = 0; i < scalar.get(l).length; i++) {
        difference += Math.abs(scalar.get(l)[i] - best.get(l)[i]);
      }
      // A step moves a mean by some 1e-2.
      assertEquals(0, difference / scalar.get(l).length, 1e-4, "layer " + l);
    }
  }

  private static List<float[]> posteriorAfter(Backend opened, int steps) {
    try (Backend backend = opened) {
      StochasticBmr run =
          new StochasticBmr(
              backend,
              network(),
              DIGITS.train(),
              DIGITS.test(),
              config(steps, 0, 0),
              StochasticBmr.Listener.NONE);
      run.run();
      return ((FlatModel) run.model())
          .blocks().stream().map(block -> block.weights().factors().mean().toArray()).toList();
    }
  }

  @Test
  void freeEnergiesThatAreNotAskedForAreNotMeasured() {
    try (Backend backend = Backends.open("simd", 1)) {
      StochasticBmr.Result result =
          new StochasticBmr(
                  backend,
                  network(),
                  DIGITS.train(),
                  DIGITS.test(),
                  config(20, 1, 20).withSamples(2, 0),
                  StochasticBmr.Listener.NONE)
              .run();
      assertTrue(Double.isNaN(result.before().elbo()) && Double.isNaN(result.after().elbo()));
      assertTrue(Double.isNaN(result.rounds().getFirst().realised()));
      assertTrue(result.after().metrics().negativeLogLikelihood() > 0);
    }
  }

  @Test
  void aLearningRateThatDivergesStopsTheRunWithTheStep() {
    try (Backend backend = Backends.open()) {
      StochasticBmr.Config good = config(500, 0, 0);
      StochasticBmr.Config wild =
          new StochasticBmr.Config(
              good.model(),
              good.batch(),
              good.warmUp(),
              0,
              0,
              0,
              good.optimizer(),
              1e30,
              good.divergence(),
              good.reparameterization(),
              good.rule(),
              1,
              1,
              0,
              1);
      StochasticBmr run =
          new StochasticBmr(
              backend, network(), DIGITS.train(), DIGITS.test(), wild, StochasticBmr.Listener.NONE);
      String message = assertThrows(DivergedException.class, run::run).getMessage();
      assertTrue(message.contains("step"), message);
    }
  }
}
