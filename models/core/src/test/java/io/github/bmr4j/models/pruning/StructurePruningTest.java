package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.method.NoisyModel;
import io.github.bmr4j.models.network.Networks;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules over structures and what they remove. */
class StructurePruningTest {

  private static final LogUniform PRIOR = new LogUniform(-20, 0);

  private static Structure structure(double location, double scale) {
    TruncatedLogNormal q = new TruncatedLogNormal(location, scale, -20, 0);
    return new Structure("layer1", 0, q, PRIOR, 1.5, 0.5);
  }

  private static boolean prunes(StructureRule rule, double location, double scale) {
    return rule.scoreOf(structure(location, scale)) >= rule.threshold();
  }

  /**
   * The least σ at μ = 0 and μ = −2 from which each rule prunes, found by bisection in 60 digits.
   */
  @Test
  void boundaries() {
    check(StructureRule.SIGNAL_TO_NOISE, 2.641, 1.175);
    check(StructureRule.MEAN, 7.953, 6.234);
    check(StructureRule.BMRS_N, 12.505, 11.493);
    check(StructureRule.bmrsU(8), 16.192, 10.927);
    check(StructureRule.bmrsU(4), 6.546, 4.844);
  }

  private static void check(StructureRule rule, double atZero, double below) {
    assertFalse(prunes(rule, 0, atZero - 2e-3), rule.name());
    assertTrue(prunes(rule, 0, atZero + 2e-3), rule.name());
    assertFalse(prunes(rule, -2, below - 2e-3), rule.name());
    assertTrue(prunes(rule, -2, below + 2e-3), rule.name());
  }

  @Test
  void whatIsLikeThePriorStaysByEquationEightAlone() {
    for (double scale : new double[] {15, 40, 140}) {
      assertTrue(prunes(StructureRule.BMRS_N, -1, scale));
      assertTrue(prunes(StructureRule.BMRS_N_PARSIMONIOUS, -1, scale));
      assertFalse(prunes(StructureRule.BMRS_N_EXACT, -1, scale));
    }
    for (StructureRule rule : StructureRule.published()) {
      assertFalse(prunes(rule, -0.2, 0.3), rule.name());
    }
  }

  /** Where the published arithmetic gives NaN, and prunes or keeps by it. */
  @Test
  void extremesAreDecided() {
    double[][] sharp = {{5, 0.2}, {-0.001, 1e-4}, {-5, 0.05}, {0, 2e-9}, {100, 1}};
    for (double[] q : sharp) {
      for (StructureRule rule : StructureRule.published()) {
        double score = rule.scoreOf(structure(q[0], q[1]));
        assertFalse(Double.isNaN(score), rule.name());
        // θ = e^−5 for certain is below 0.1 and 2⁻⁴, and above 2⁻⁸.
        boolean small = q[0] == -5 && List.of("mean", "bmrs-u-4").contains(rule.name());
        assertEquals(small, score >= rule.threshold(), rule.name() + " at " + q[0]);
      }
    }
  }

  @Test
  void nanDecidesNothing() {
    StructureRule broken = new StructureRule("broken", false, s -> Double.NaN, 0);
    DivergedException thrown =
        assertThrows(DivergedException.class, () -> broken.scoreOf(structure(0, 1)));
    assertTrue(thrown.getMessage().contains("structure 0 of layer1"), thrown.getMessage());
    assertThrows(
        IllegalArgumentException.class, () -> new StructureRule("x", false, s -> 0, Double.NaN));
    assertThrows(IllegalArgumentException.class, () -> StructureRule.bmrsU(23));
  }

  private static NoisyModel model(Backend backend) {
    NoisyModel model =
        new NoisyModel(
            backend,
            Networks.withNoise(Networks.mlp(Shape.of(3), new int[] {4, 2}, 2, UnaryFunction.TANH)),
            NoisyModel.Config.PUBLISHED,
            1);
    float[] scales = {0.2f, 4.5f, 2, -1};
    model.structures().get(0).noise().logScales().copyFrom(scales, 0);
    backend.memory().push(model.structures().get(0).noise().logScales());
    return model;
  }

  @Test
  void decisionsAreMadeAnew() {
    try (Backend backend = Backends.open()) {
      NoisyModel model = model(backend);
      StructurePruning pruning =
          new StructurePruning(backend, model.structures(), StructureRule.BMRS_N);
      StructurePruning.Decision first = pruning.prune();
      assertEquals(1, first.pruned());
      assertEquals(6, first.total());
      assertArrayEquals(new boolean[] {true, false, true, true}, model.kept().get(0));
      assertEquals(first.scores().get(0)[1], first.predicted());
      model.structures().get(0).noise().initialize(0, -5);
      assertEquals(0, pruning.prune().pruned());
      assertTrue(model.kept().get(0)[1]);
    }
  }

  @Test
  void theFirstInTheRankingOfAllLayers() {
    try (Backend backend = Backends.open()) {
      NoisyModel model = model(backend);
      StructurePruning pruning =
          new StructurePruning(backend, model.structures(), StructureRule.BMRS_N);
      assertEquals(2, pruning.pruneFirst(1 / 3.0, false).pruned());
      assertArrayEquals(new boolean[] {true, false, false, true}, model.kept().get(0));
      assertEquals(1, pruning.pruneFirst(1 / 3.0, true).pruned());
      assertEquals(0, pruning.pruneFirst(0, false).pruned());
      assertEquals(6, pruning.pruneFirst(1, false).pruned());
      assertThrows(IllegalArgumentException.class, () -> pruning.pruneFirst(1.1, false));
    }
  }

  /** Gradients of 0 say that nothing changes without the structure, whatever its weights. */
  @Test
  void gradientsWeighTheNorm() {
    try (Backend backend = Backends.open()) {
      NoisyModel model =
          new NoisyModel(
              backend,
              Networks.withNoise(Networks.mlp(Shape.of(3), new int[] {3}, 2, UnaryFunction.TANH)),
              NoisyModel.Config.PUBLISHED,
              1);
      StructureLayer layer = model.structures().get(0);
      layer.weights().values().copyFrom(new float[] {1, 2, 2, 9, 9, 9, 3, 0, 0, 1, 1, 1}, 0);
      layer.weights().gradientMean().copyFrom(new float[] {2, 1, 1, 0, 0, 0, 1, 5, 5, 7, 7, 7}, 0);
      backend.memory().push(layer.weights().values());
      backend.memory().push(layer.weights().gradientMean());
      StructurePruning pruning =
          new StructurePruning(backend, List.of(layer), StructureRule.gradientWeightedNorm(3.2));
      StructurePruning.Decision decision = pruning.prune();
      assertArrayEquals(new double[] {-Math.sqrt(12), 0, -3}, decision.scores().get(0), 1e-6);
      assertArrayEquals(new boolean[] {true, false, false}, layer.kept());
      pruning.pruneFirst(0.34, false);
      assertArrayEquals(new boolean[] {true, false, true}, layer.kept());
    }
  }

  @Test
  void weightNorms() {
    try (Backend backend = Backends.open()) {
      NoisyModel model = model(backend);
      StructureLayer layer = model.structures().get(1);
      // Two units of four inputs, then their biases, which do not count.
      layer.weights().values().copyFrom(new float[] {3, 0, 4, 0, 1, 1, 1, 1, 9, 9}, 0);
      backend.memory().push(layer.weights().values());
      StructurePruning pruning =
          new StructurePruning(backend, List.of(layer), StructureRule.weightNorm(2));
      StructurePruning.Decision decision = pruning.prune();
      assertArrayEquals(new double[] {-5, -2}, decision.scores().get(0));
      assertArrayEquals(new boolean[] {true, false}, layer.kept());
      assertTrue(Double.isNaN(decision.predicted()));
    }
  }
}
