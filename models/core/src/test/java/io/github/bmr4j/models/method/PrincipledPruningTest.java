package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Provenance;
import io.github.bmr4j.models.data.ToySequences;
import io.github.bmr4j.models.layer.Gru;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.ModelReduction;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PrincipledPruningTest {

  private static final int INPUTS = 6;
  private static final int HIDDEN = 10;
  private static final double NOISE = 0.3;

  /** y = 2 max(x₀, 0) − x₁ + noise; four inputs do nothing. */
  private static Dataset data(int targets) {
    Random random = new Random(3);
    int n = 203;
    float[] features = new float[n * INPUTS];
    float[] wanted = new float[n * targets];
    for (int i = 0; i < features.length; i++) {
      features[i] = (float) random.nextGaussian();
    }
    for (int i = 0; i < n; i++) {
      for (int m = 0; m < targets; m++) {
        double clean = 2 * Math.max(features[i * INPUTS], 0) - features[i * INPUTS + 1];
        wanted[i * targets + m] = (float) (clean + NOISE * random.nextGaussian());
      }
    }
    return Dataset.regression(
        "two of six",
        InputShape.row(INPUTS),
        features,
        wanted,
        targets,
        new Provenance("computed", "none needed", Map.of()));
  }

  private static Network network(int targets) {
    return Networks.mlp(Shape.of(INPUTS), new int[] {HIDDEN}, targets, UnaryFunction.RELU);
  }

  private static PrincipledPruning.Config config(InferenceScheme scheme) {
    return PrincipledPruning.Config.boston(scheme).withEpochs(250, 60).withSeed(1);
  }

  @Test
  void defaultsAreThePublishedOnes() {
    PrincipledPruning.Config boston =
        PrincipledPruning.Config.boston(InferenceScheme.VARIANCE_BACKPROPAGATION);
    assertEquals(750, boston.epochs());
    assertEquals(150, boston.roundEpochs());
    assertEquals(100, boston.maximumRounds());
    assertEquals(16, boston.batch());
    assertEquals(1e-2, boston.learningRate());
    assertEquals(1, boston.model().priorVariance());
    assertEquals(1e-3, boston.model().inputVariance());
    assertEquals(0.01, boston.model().initialSpread());
    assertFalse(boston.model().published());
    PrincipledPruning.Config sine = PrincipledPruning.Config.sine(InferenceScheme.LOCAL);
    assertEquals(3_000, sine.epochs());
    assertEquals(600, sine.roundEpochs());
    assertEquals(1e-3, sine.learningRate());
    assertEquals(800, sine.examples());
    assertFalse(sine.shuffled());
    assertEquals(0, sine.model().initialSpread());
    assertEquals(10, sine.samples());
    Gru gru = new Gru("gru", ToySequences.WINDOW, 1, 16);
    assertEquals(881, Networks.recurrent(gru, 1).parameterCount());
  }

  /** The whole method; a broken sampler, moment, evidence, update or mask fails it. */
  @ParameterizedTest
  @EnumSource
  void prunesWhatDoesNothingAndKeepsTheFit(InferenceScheme scheme) {
    Dataset data = data(1);
    try (Backend backend = Backends.open(1)) {
      PrincipledPruning pruning = new PrincipledPruning(backend, network(1), data, config(scheme));
      PrincipledPruning.Result result = pruning.run();
      assertEquals(0, result.rounds().getLast().reduction().removed());
      assertTrue(result.last().total() < result.trained().total() - 10, () -> "" + result);
      assertTrue(result.kept() < 0.4 * result.weights(), () -> "" + result);
      double rmse =
          new RegressionPrediction(backend, pruning.model(), data, 20)
              .metrics(0)
              .rootMeanSquareError();
      // Without any weight it would be 1.5.
      assertTrue(rmse < 0.75, () -> "RMSE " + rmse);
      double tau = pruning.model().precision().posterior(0).mean();
      assertTrue(tau > 1.5 && tau < 20, () -> "τ " + tau);
      checkInputs(pruning.reduction().decisions().get(0));
      checkRounds(result);
    }
  }

  /** Inputs that matter keep weights, the others lose nearly all. */
  private static void checkInputs(ModelReduction.Decisions first) {
    int[] kept = new int[INPUTS];
    for (int i = 0; i < HIDDEN * INPUTS; i++) {
      kept[i % INPUTS] += first.reason()[i] == ModelReduction.Reason.KEPT.code() ? 1 : 0;
    }
    assertTrue(kept[0] > 0 && kept[1] > 0);
    for (int j = 2; j < INPUTS; j++) {
      assertTrue(kept[j] <= 2, "input " + j + " keeps " + kept[j]);
    }
  }

  private static void checkRounds(PrincipledPruning.Result result) {
    long left = result.weights();
    for (PrincipledPruning.Round round : result.rounds()) {
      left -= round.reduction().removed();
      assertEquals(left, round.kept());
      assertTrue(round.reduction().predicted() >= -1e-2, () -> "" + round);
      assertTrue(round.ties() <= round.reduction().byEvidence());
    }
    assertEquals(left, result.kept());
    // The first prediction is no more than an estimate, but of the right order.
    PrincipledPruning.Round first = result.rounds().get(0);
    assertTrue(first.realised() > 0.2 * first.reduction().predicted(), () -> "" + first);
    assertEquals(first.after(), result.naive());
  }

  /** y = x₀ + noise whose standard deviation grows from 0.1 to 2 with x₁, or stays at 0.5. */
  private static Dataset noisy(boolean varying, int seed) {
    Random random = new Random(seed);
    int n = 400;
    float[] features = new float[2 * n];
    float[] wanted = new float[n];
    for (int i = 0; i < n; i++) {
      features[2 * i] = (float) (3.4 * random.nextDouble() - 1.7);
      features[2 * i + 1] = (float) (3.4 * random.nextDouble() - 1.7);
      double deviation = varying ? 0.45 * Math.exp(0.88 * features[2 * i + 1]) : 0.5;
      wanted[i] = (float) (features[2 * i] + deviation * random.nextGaussian());
    }
    return Dataset.regression(
        "noisy",
        InputShape.row(2),
        features,
        wanted,
        1,
        new Provenance("computed", "none needed", Map.of()));
  }

  private static double heldOutLogLikelihood(
      Backend backend, InferenceScheme scheme, boolean heteroscedastic, boolean varying) {
    PrincipledPruning.Config config = config(scheme);
    if (heteroscedastic) {
      config = config.withModel(config.model().withHeteroscedasticNoise());
    }
    Network network =
        Networks.mlp(
            Shape.of(2), new int[] {HIDDEN}, config.model().outputs(1), UnaryFunction.RELU);
    PrincipledPruning pruning = new PrincipledPruning(backend, network, noisy(varying, 5), config);
    pruning.run();
    return new RegressionPrediction(backend, pruning.model(), noisy(varying, 6), 50)
        .metrics(0)
        .logLikelihood();
  }

  /** Noise that varies is learnt, also through the pruning; noise that does not, costs little. */
  @ParameterizedTest
  @EnumSource
  void heteroscedasticNoiseIsLearntWhereThereIsAny(InferenceScheme scheme) {
    try (Backend backend = Backends.open(1)) {
      double gain =
          heldOutLogLikelihood(backend, scheme, true, true)
              - heldOutLogLikelihood(backend, scheme, false, true);
      assertTrue(gain > 0.15, () -> "gain where noise varies: " + gain);
      double loss =
          heldOutLogLikelihood(backend, scheme, false, false)
              - heldOutLogLikelihood(backend, scheme, true, false);
      assertTrue(loss < 0.03, () -> "loss where it does not: " + loss);
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsWithAnyNumberOfThreads() {
    Dataset data = data(2);
    for (InferenceScheme scheme : InferenceScheme.values()) {
      PrincipledPruning.Config config = config(scheme).withEpochs(5, 2);
      try (Backend one = Backends.open(1);
          Backend two = Backends.open(2)) {
        PrincipledPruning a = new PrincipledPruning(one, network(2), data, config);
        PrincipledPruning b = new PrincipledPruning(two, network(2), data, config);
        assertEquals(a.run().last(), b.run().last());
        for (int l = 0; l < 2; l++) {
          assertArrayEquals(
              a.model().blocks().get(l).weights().factors().mean().toArray(),
              b.model().blocks().get(l).weights().factors().mean().toArray());
        }
      }
    }
  }

  /** The optimum of the noise's factor by coordinates is where gradients go, sooner. */
  @Test
  void exactUpdatesOfPrecisionAndPriorLowerTheFreeEnergy() {
    Dataset data = data(1);
    try (Backend backend = Backends.open(1)) {
      PrincipledPruning.Config config = config(InferenceScheme.VARIANCE_BACKPROPAGATION);
      FreeEnergy plain = new PrincipledPruning(backend, network(1), data, config).train();
      PrincipledPruning exact =
          new PrincipledPruning(backend, network(1), data, config.withExactUpdates(true, true));
      FreeEnergy optimised = exact.train();
      assertTrue(optimised.total() < plain.total(), () -> optimised + " against " + plain);
      assertEquals(1 + data.size() / 2.0, exact.model().precision().posterior(0).shape(), 1e-2);
      float first = exact.model().blocks().get(0).weights().priorVariance();
      assertTrue(first > 0 && first < 1, () -> "prior variance " + first);
    }
  }

  /** With two outputs the published constant doubles the precision that is learnt. */
  @Test
  void thePublishedConstantDoublesThePrecisionOfTwoOutputs() {
    Dataset data = data(2);
    try (Backend backend = Backends.open(1)) {
      PrincipledPruning.Config config =
          config(InferenceScheme.VARIANCE_BACKPROPAGATION).withEpochs(400, 0);
      PrincipledPruning correct = new PrincipledPruning(backend, network(2), data, config);
      PrincipledPruning slip =
          new PrincipledPruning(
              backend, network(2), data, config.withModel(config.model().withPublishedSlips()));
      correct.train();
      slip.train();
      double ratio =
          slip.model().precision().posterior(0).mean()
              / correct.model().precision().posterior(0).mean();
      assertTrue(ratio > 1.5 && ratio < 2.6, () -> "ratio " + ratio);
    }
  }

  /** The evidence leaves the fit alone the longest; each sweep starts from the whole model. */
  @Test
  void sweepsRankTheWholeModelByEachScore() {
    Dataset data = data(1);
    try (Backend backend = Backends.open(1)) {
      PrincipledPruning pruning =
          new PrincipledPruning(
              backend, network(1), data, config(InferenceScheme.VARIANCE_BACKPROPAGATION));
      FreeEnergy trained = pruning.train();
      RegressionPrediction prediction = new RegressionPrediction(backend, pruning.model(), data, 1);
      PostHocSweep sweep = new PostHocSweep(backend, pruning.model(), prediction);
      Map<PostHocSweep.Score, Double> best = new EnumMap<>(PostHocSweep.Score.class);
      for (PostHocSweep.Score score : PostHocSweep.Score.values()) {
        List<PostHocSweep.Point> points = sweep.run(score);
        assertEquals(100, points.size());
        assertEquals(trained, points.get(0).freeEnergy());
        assertEquals(trained.total(), points.get(0).predicted());
        assertEquals(80, points.get(99).removed());
        best.put(
            score, points.stream().mapToDouble(p -> p.freeEnergy().total()).min().orElseThrow());
      }
      double evidence = best.get(PostHocSweep.Score.EVIDENCE);
      assertTrue(evidence < trained.total() - 10, () -> "" + best);
      assertTrue(evidence < best.get(PostHocSweep.Score.SIGNAL_PLUS_ROBUSTNESS), () -> "" + best);
      assertEquals(trained, prediction.freeEnergy());
    }
  }

  @Test
  void settingsThatCannotBeAreRefusedByName() {
    PrincipledPruning.Config good = PrincipledPruning.Config.boston(InferenceScheme.LOCAL);
    String message =
        assertThrows(IllegalArgumentException.class, () -> good.withEpochs(-1, 0)).getMessage();
    assertEquals("epochs must be at least 0, but is -1", message);
    assertThrows(IllegalArgumentException.class, () -> good.withSteps(0, 1e-3));
    assertThrows(IllegalArgumentException.class, () -> good.withTies(-1, true));
  }

  @Test
  void anActivationWithoutMomentsIsRefused() {
    Network swish = Networks.mlp(Shape.of(INPUTS), new int[] {4}, 1, UnaryFunction.SWISH);
    try (Backend backend = Backends.open(1)) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      new PrincipledPruning(
                          backend,
                          swish,
                          data(1),
                          config(InferenceScheme.VARIANCE_BACKPROPAGATION)))
              .getMessage();
      assertTrue(message.contains("relu, sigmoid and tanh"), message);
    }
  }
}
