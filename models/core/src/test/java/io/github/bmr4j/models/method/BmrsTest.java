package io.github.bmr4j.models.method;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.inference.MultiplicativeNoise.Granularity;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.pruning.KneePoint;
import io.github.bmr4j.models.pruning.StructureLayer;
import io.github.bmr4j.models.pruning.StructureRule;
import java.util.List;
import org.junit.jupiter.api.Test;

/** BMRS on real data, and its settings against the paper's. */
class BmrsTest {

  private static Split digits() {
    Split raw = Digits.split(0);
    return Standardization.perChannel(raw.train()).apply(raw);
  }

  private static Network network(int... hidden) {
    return Networks.withNoise(Networks.mlp(Shape.of(64), hidden, 10, UnaryFunction.TANH));
  }

  /**
   * Adam moves ln σ by at most the rate a step: small data need a larger rate to reach the prior.
   */
  private static Bmrs.Config config(StructureRule rule) {
    return Bmrs.Config.PUBLISHED
        .withSchedule(new Bmrs.Schedule(32, 60, 1, 10, 8e-3))
        .withRule(rule);
  }

  private static Bmrs.Result run(Bmrs.Config config) {
    Split split = digits();
    try (Backend backend = Backends.open()) {
      return new Bmrs(
              backend, network(60, 60), split.train(), split.test(), config, Bmrs.Listener.NONE)
          .run();
    }
  }

  @Test
  void thePapersSettings() {
    Bmrs.Config config = Bmrs.Config.PUBLISHED;
    assertEquals(new LogUniform(-20, 0), config.model().prior());
    assertEquals(0, config.model().initialLocation());
    assertEquals(-5, config.model().initialLogScale());
    assertEquals(new LogUniform(-20, 5), config.model().scales());
    assertEquals(Granularity.ELEMENT, config.model().granularity());
    assertEquals(
        new Bmrs.Objective(Bmrs.DivergenceWeighting.MEAN, 1, Bmrs.Drawing.ALWAYS),
        config.objective());
    assertEquals(new Bmrs.Schedule(128, 50, 1, 10, 1.5e-3), config.schedule());
    assertEquals(new Bmrs.Schedule(32, 50, 1, 10, 1.4e-3), Bmrs.Schedule.PUBLISHED_LENET);
    assertEquals(0.2, config.validationFraction());
    assertEquals(StructureRule.BMRS_N, config.rule());
    assertEquals(new Optimizer.Adam(0.9, 0.999, 1e-8), Optimizer.Adam.DEFAULT);
  }

  @Test
  void startsAsPublished() {
    try (Backend backend = Backends.open()) {
      NoisyModel model = new NoisyModel(backend, network(150, 150), NoisyModel.Config.PUBLISHED, 1);
      assertEquals(7.269940920909264, model.meanDivergence(), 1e-6);
      assertEquals(300 * 7.269940920909264, model.klDivergence(), 1e-3);
      assertEquals(300, model.structureCount());
      float[] weights = model.structures().get(0).weights().values().toArray();
      double square = 0;
      for (float weight : weights) {
        assertTrue(Math.abs(weight) <= 1 / 8.0);
        square += weight * weight / weights.length;
      }
      assertEquals(1 / 64.0 / 3, square, 3e-4);
    }
  }

  @Test
  void noiseIsBehindEachHiddenLayer() {
    List<String> places =
        network(5, 4).layers().stream()
            .filter(Noise.class::isInstance)
            .map(layer -> layer.toString())
            .toList();
    assertEquals(
        List.of(
            "Noise[name=layer1, structures=5, axis=0]", "Noise[name=layer2, structures=4, axis=0]"),
        places);
    try (Backend backend = Backends.open()) {
      Network bare = Networks.mlp(Shape.of(64), new int[] {5}, 10, UnaryFunction.TANH);
      assertThrows(
          IllegalArgumentException.class,
          () -> new NoisyModel(backend, bare, NoisyModel.Config.PUBLISHED, 1));
    }
  }

  @Test
  void prunesMostStructuresOfDigitsAndKeepsTheAccuracy() {
    Bmrs.Result result = run(config(StructureRule.BMRS_N));
    assertTrue(result.before().metrics().accuracy() > 0.92, () -> describe(result));
    assertTrue(result.after().metrics().accuracy() > 0.90, () -> describe(result));
    assertTrue(result.decision().fraction() > 0.7, () -> describe(result));
    assertTrue(result.decision().fraction() < 0.98, () -> describe(result));
    assertTrue(result.compact().fraction() > result.decision().fraction(), () -> describe(result));
    assertTrue(result.after().elbo() > result.before().elbo(), () -> describe(result));
    assertEquals(70, result.epochs().size());
    assertEquals(0, result.epochs().get(9).pruned());
    long left = result.compact().total() - result.compact().removed();
    assertEquals(left, result.after().weights());
  }

  /** The published compression comes from the constant that equation 8 has and the code has not. */
  @Test
  void equationEightPrunesNextToNothing() {
    Bmrs.Result result = run(config(StructureRule.BMRS_N_EXACT));
    assertTrue(result.decision().fraction() < 0.1, () -> describe(result));
    assertTrue(result.after().metrics().accuracy() > 0.85, () -> describe(result));
  }

  @Test
  void theBoundNeedsNoPruningToStayGood() {
    Bmrs.Config config =
        config(StructureRule.bmrsU(4))
            .withObjective(
                new Bmrs.Objective(
                    Bmrs.DivergenceWeighting.EVIDENCE_LOWER_BOUND, 1, Bmrs.Drawing.TRAINING))
            .withSchedule(new Bmrs.Schedule(32, 30, 0, 2, 8e-3));
    Bmrs.Result result = run(config);
    assertTrue(result.after().metrics().accuracy() > 0.94, () -> describe(result));
    assertEquals(32, result.epochs().size());
  }

  @Test
  void aSweepFallsBehindItsKnee() {
    Split split = digits();
    double[] shares = {0, 0.25, 0.5, 0.75, 0.95, 1};
    try (Backend backend = Backends.open()) {
      Bmrs bmrs =
          new Bmrs(
              backend,
              network(60),
              split.train(),
              split.test(),
              config(StructureRule.NONE).withSchedule(new Bmrs.Schedule(32, 40, 0, 0, 8e-3)),
              Bmrs.Listener.NONE);
      bmrs.run();
      float[] trained = bmrs.model().weights("layer2").values().toArray();
      List<Bmrs.SweepPoint> points = bmrs.sweep(StructureRule.BMRS_N, shares, false);
      double[] accuracies = points.stream().mapToDouble(Bmrs.SweepPoint::accuracy).toArray();
      for (int i = 0; i < shares.length; i++) {
        assertEquals(shares[i], points.get(i).removed(), 1e-9);
      }
      assertTrue(accuracies[0] > 0.9 && accuracies[2] > 0.8, () -> "" + points);
      assertTrue(accuracies[5] < 0.2, () -> "" + points);
      int knee = KneePoint.of(shares, accuracies);
      assertTrue(knee >= 2, () -> "" + points);
      assertArrayEquals(trained, bmrs.model().weights("layer2").values().toArray());
      assertTrue(bmrs.model().structures().get(0).noise().isKept(0));
      assertEquals(0, bmrs.sweep(StructureRule.NONE, new double[] {0.5}, true).get(0).removed());
    }
  }

  private static String describe(Bmrs.Result result) {
    return result.before().metrics().accuracy()
        + " to "
        + result.after().metrics().accuracy()
        + " with "
        + result.decision().fraction()
        + " of the structures and "
        + result.compact()
        + " removed, ELBO "
        + result.before().elbo()
        + " to "
        + result.after().elbo();
  }

  @Test
  void theSameSeedGivesTheSameModelOnAnyNumberOfThreads() {
    float[] one = weightsAfter(1, 5);
    assertArrayEquals(one, weightsAfter(2, 5));
    assertNotEquals(one[0], weightsAfter(1, 6)[0]);
  }

  private static float[] weightsAfter(int threads, long seed) {
    Split split = digits();
    try (Backend backend = Backends.open(threads)) {
      Bmrs bmrs =
          new Bmrs(
              backend,
              network(20),
              split.train(),
              split.test(),
              config(StructureRule.SIGNAL_TO_NOISE)
                  .withSchedule(new Bmrs.Schedule(32, 2, 1, 1, 8e-3))
                  .withSeed(seed),
              Bmrs.Listener.NONE);
      bmrs.run();
      return bmrs.model().structures().get(0).noise().locations().toArray();
    }
  }

  /** What the objective weighs is what the two weightings say. */
  @Test
  void divergencesAreWeighedAsDocumented() {
    Split split = digits();
    try (Backend backend = Backends.open()) {
      Bmrs bmrs =
          new Bmrs(
              backend,
              network(20, 10),
              split.train(),
              split.test(),
              config(StructureRule.NONE).withSchedule(new Bmrs.Schedule(32, 1, 0, 0, 8e-3)),
              Bmrs.Listener.NONE);
      bmrs.run();
      double mean = 0;
      double sum = 0;
      for (StructureLayer layer : bmrs.model().structures()) {
        double layerSum = 0;
        for (int i = 0; i < layer.noise().size(); i++) {
          layerSum += KullbackLeibler.divergence(layer.noise().posterior(i), layer.noise().prior());
        }
        mean += layerSum / layer.noise().size() / 2;
        sum += layerSum;
      }
      assertEquals(mean, bmrs.model().meanDivergence(), 1e-12);
      assertEquals(sum, bmrs.model().klDivergence(), 1e-10);
    }
  }

  @Test
  void aSnapshotBringsEverythingBack() {
    try (Backend backend = Backends.open()) {
      NoisyModel model = new NoisyModel(backend, network(4), NoisyModel.Config.PUBLISHED, 1);
      NoisyModel.Snapshot snapshot = model.snapshot();
      StructureLayer layer = model.structures().get(0);
      float[] weights = layer.weights().values().toArray();
      layer.weights().values().fill(3);
      layer.noise().initialize(1, 2);
      layer.noise().setKept(new boolean[4]);
      model.restore(snapshot);
      assertArrayEquals(weights, layer.weights().values().toArray());
      assertEquals(-5, layer.noise().logScales().get(2));
      assertTrue(layer.noise().isKept(3));
    }
  }

  @Test
  void badSettings() {
    Bmrs.Config config = Bmrs.Config.PUBLISHED;
    assertThrows(IllegalArgumentException.class, () -> new Bmrs.Schedule(1, 1, 1, 1, 0));
    assertThrows(
        IllegalArgumentException.class,
        () -> config.withSchedule(new Bmrs.Schedule(0, 1, 1, 1, 8e-3)));
    assertThrows(IllegalArgumentException.class, () -> new Bmrs.Schedule(1, -1, 1, 1, 1));
  }
}
