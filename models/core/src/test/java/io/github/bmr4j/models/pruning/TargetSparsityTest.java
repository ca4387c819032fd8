package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.engine.inference.Latent;
import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.inference.Sampling;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.Json;
import io.github.bmr4j.models.layer.ParameterBlock;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Rankings, patterns, distributions and schedules, against a published library's results. */
class TargetSparsityTest {

  private static Map<?, ?> golden() throws IOException {
    try (InputStream in = TargetSparsityTest.class.getResourceAsStream("pruning-library.json")) {
      return (Map<?, ?>) Json.parse(in.readAllBytes(), "golden", Json.Limits.DEFAULT);
    }
  }

  private static double number(Object value) {
    return ((Number) value).doubleValue();
  }

  private static float[] floats(Object list) {
    List<?> values = (List<?>) list;
    float[] floats = new float[values.size()];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) number(values.get(i));
    }
    return floats;
  }

  private static boolean[] mask(Object list) {
    float[] values = floats(list);
    boolean[] mask = new boolean[values.length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = values[i] == 1;
    }
    return mask;
  }

  /** A reduction of layers without bias, each of the posterior means given and σ = 0.1. */
  private static ModelReduction reduction(
      Backend backend, PruningRule rule, List<ParameterBlock> blocks, float[]... means) {
    Sampling sampling = new Sampling(0);
    List<ModelReduction.Layer> layers = new ArrayList<>();
    for (int l = 0; l < means.length; l++) {
      ParameterBlock block = blocks.get(l);
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, block.layer(), l, block.size(), 1, sampling);
      weights.initialize(0, 0.1);
      weights.factors().mean().copyFrom(means[l], 0);
      backend.memory().push(weights.factors().mean());
      layers.add(new ModelReduction.Layer(block, weights, true));
    }
    return new ModelReduction(backend, layers, rule, false, true);
  }

  private static boolean[] kept(ModelReduction reduction, int layer) {
    byte[] reason = reduction.decisions().get(layer).reason();
    boolean[] kept = new boolean[reason.length];
    for (int i = 0; i < kept.length; i++) {
      kept[i] = reason[i] == ModelReduction.Reason.KEPT.code();
    }
    return kept;
  }

  private static ParameterBlock matrix(String name, int rows, int columns) {
    return new ParameterBlock(name, rows, columns, false);
  }

  /**
   * Two units with weights of the same means and deviations, those of the second correlated. Apart,
   * their ΔF are equal; together means of one sign speak less for positively correlated weights,
   * and those of two signs more.
   */
  @Test
  void unitsOfCorrelatedWeightsAreRankedByWhatTheyAreTogether() {
    for (float sign : new float[] {1, -1}) {
      try (Backend backend = Backends.open()) {
        MeanFieldNormal weights =
            new MeanFieldNormal(backend, "w", 0, 4, 1, new Sampling(0), Latent.Posterior.FULL_ROW);
        weights.correlateRows(2, 2, false);
        weights.initialize(0, 0.1);
        weights.factors().mean().copyFrom(new float[] {0.3f, sign * 0.3f, 0.3f, sign * 0.3f}, 0);
        backend.memory().push(weights.factors().mean());
        weights.correlation().factor().copyFrom(new float[] {0, 2}, 0);
        backend.memory().push(weights.correlation().factor());
        double rho = 2 / Math.sqrt(5);
        // ½ ln|Σ₀|/|Σ| − ½ μᵀΣ⁻¹μ of two weights of deviation s, for means of one sign or two.
        double quadratic = 2 * 9 / (1 + sign * rho);
        double together = 2 * Math.log(10) - 0.5 * Math.log(1 - rho * rho) - 0.5 * quadratic;
        assertEquals(together, weights.removalEvidence(2, 3), 1e-4);
        TargetSparsity rule =
            TargetSparsity.layerwise(WeightScore.EVIDENCE, 0.5)
                .withPattern(SparsityPattern.units());
        ModelReduction reduction =
            new ModelReduction(
                backend,
                List.of(new ModelReduction.Layer(matrix("w", 2, 2), weights, true)),
                rule,
                false,
                true);
        ModelReduction.Round round = reduction.prune();
        boolean[] expected =
            sign > 0
                ? new boolean[] {true, true, false, false}
                : new boolean[] {false, false, true, true};
        assertArrayEquals(expected, kept(reduction, 0));
        double independent = 2 * Math.log(10) - 9;
        assertEquals(sign > 0 ? together : independent, round.predicted(), 1e-4);
      }
    }
  }

  @Test
  void theLargestScoresStayAndOfEqualOnesTheFirst() throws IOException {
    int cases = 0;
    for (Object entry : (List<?>) golden().get("topk_unstructured")) {
      Map<?, ?> example = (Map<?, ?>) entry;
      float[] scores = floats(example.get("scores"));
      int kept = TopScores.kept(scores.length, number(example.get("sparsity")));
      assertArrayEquals(mask(example.get("mask")), TopScores.largest(scores, kept));
      cases++;
    }
    assertEquals(3, cases);
    float[] special = {-0f, 0f, Float.NEGATIVE_INFINITY, 1e-30f};
    boolean[] expected = {true, false, false, true};
    assertArrayEquals(expected, TopScores.largest(special, 2));
  }

  @Test
  void ofEachGroupTheLargestStayAndOfEqualOnesTheLast() throws IOException {
    Map<?, ?> example = (Map<?, ?>) golden().get("n_by_m");
    float[] scores = floats(example.get("scores"));
    int n = (int) number(example.get("n"));
    int m = (int) number(example.get("m"));
    try (Backend backend = Backends.open()) {
      GroupSparsity rule = new GroupSparsity(WeightScore.MAGNITUDE, n, m, block -> true);
      ModelReduction reduction = reduction(backend, rule, List.of(matrix("w", 2, 4)), scores);
      reduction.prune();
      assertArrayEquals(mask(example.get("mask")), kept(reduction, 0));
      assertEquals("magnitude-2-of-4", rule.name());

      ModelReduction refused = reduction(backend, rule, List.of(matrix("odd", 1, 7)), new float[7]);
      String message = assertThrows(IllegalArgumentException.class, refused::prune).getMessage();
      assertTrue(message.contains("layer odd have 7 weights each"), message);
      assertEquals(7, refused.kept());
    }
  }

  @Test
  void erdosRenyiKernelsAreThePublishedOnes() throws IOException {
    int layers = 0;
    for (Map.Entry<?, ?> entry : golden().entrySet()) {
      if (!((String) entry.getKey()).startsWith("erk_sparsity_0.95")) {
        continue;
      }
      Map<?, ?> example = (Map<?, ?>) entry.getValue();
      Map<?, ?> shapes = (Map<?, ?>) example.get("shapes");
      List<Shape> list = new ArrayList<>();
      for (Object shape : shapes.values()) {
        list.add(
            Shape.of(((List<?>) shape).stream().mapToInt(x -> ((Number) x).intValue()).toArray()));
      }
      double[] sparsities = SparsityDistribution.erdosRenyi(list, 0.95);
      int l = 0;
      for (Object name : shapes.keySet()) {
        double expected = number(((Map<?, ?>) example.get("sparsity")).get(name));
        assertEquals(expected, sparsities[l++], 1e-12, () -> entry.getKey() + " " + name);
        layers++;
      }
    }
    assertEquals(12, layers);
  }

  @Test
  void theCubicScheduleIsThePublishedOne() throws IOException {
    SparsitySchedule cubic = SparsitySchedule.Polynomial.cubic(10, 500, 2_000);
    List<?> points = (List<?>) golden().get("polynomial_schedule_500_2000_0.95_p3");
    assertEquals(9, points.size());
    for (Object point : points) {
      long step = (long) number(((Map<?, ?>) point).get("step"));
      double expected = number(((Map<?, ?>) point).get("sparsity"));
      assertEquals(expected, cubic.sparsity(step, 0.95), 1e-12, () -> "step " + step);
    }
    assertTrue(cubic.isDue(500) && cubic.isDue(2_000) && cubic.isDue(510));
    assertTrue(!cubic.isDue(490) && !cubic.isDue(505) && !cubic.isDue(2_010));
    SparsitySchedule periodic = new SparsitySchedule.Periodic(3, 2, 8);
    assertTrue(periodic.isDue(2) && periodic.isDue(8) && !periodic.isDue(4));
    assertEquals(0.7, periodic.sparsity(2, 0.7));
    assertTrue(SparsitySchedule.atOnce().isDue(1) && !SparsitySchedule.atOnce().isDue(2));
    assertThrows(IllegalArgumentException.class, () -> new SparsitySchedule.Periodic(0, 1, 2));
  }

  @Test
  void aGlobalRankingLetsTheWeakLayerLoseMore() {
    try (Backend backend = Backends.open()) {
      List<ParameterBlock> blocks = List.of(matrix("strong", 1, 4), matrix("weak", 1, 4));
      float[] strong = {1, 2, 3, 4};
      float[] weak = {0.1f, 0.2f, 0.3f, 5};
      PruningRule global = TargetSparsity.global(WeightScore.EVIDENCE, 0.5);
      ModelReduction together = reduction(backend, global, blocks, strong, weak);
      ModelReduction.Round round = together.prune();
      assertArrayEquals(new boolean[] {false, true, true, true}, kept(together, 0));
      assertArrayEquals(new boolean[] {false, false, false, true}, kept(together, 1));
      double predicted = 0;
      for (float mean : new float[] {1, 0.1f, 0.2f, 0.3f}) {
        predicted += Math.log(10) - 50.0 * mean * mean;
      }
      assertEquals(predicted, round.predicted(), 1e-3);
      // −ΔF of the weakest that stays, μ = 2.
      assertEquals(200 - Math.log(10), round.thresholds().get(0), 1e-3);

      PruningRule layerwise = TargetSparsity.layerwise(WeightScore.SIGNAL_TO_NOISE, 0.5);
      ModelReduction each = reduction(backend, layerwise, blocks, strong, weak);
      each.prune();
      assertArrayEquals(new boolean[] {false, false, true, true}, kept(each, 0));
      assertArrayEquals(new boolean[] {false, false, true, true}, kept(each, 1));

      PruningRule normalized =
          TargetSparsity.global(WeightScore.MAGNITUDE, 0.5)
              .withScope(TargetSparsity.Scope.GLOBAL_NORMALIZED);
      float[] large = {100, 200, 300, 400};
      ModelReduction relative = reduction(backend, normalized, blocks, large, strong);
      relative.prune();
      assertArrayEquals(new boolean[] {false, false, true, true}, kept(relative, 0));
      assertArrayEquals(new boolean[] {false, false, true, true}, kept(relative, 1));
    }
  }

  @Test
  void distributionsAndFiltersSayWhichLayersThin() {
    try (Backend backend = Backends.open()) {
      List<ParameterBlock> blocks = List.of(matrix("a", 1, 4), matrix("b", 1, 4));
      float[] means = {4, 3, 2, 1};
      PruningRule custom =
          TargetSparsity.layerwise(WeightScore.MAGNITUDE, 0.9)
              .withDistribution(new SparsityDistribution.Custom(Map.of("a", 0.25)));
      ModelReduction reduction = reduction(backend, custom, blocks, means, means);
      reduction.prune();
      assertArrayEquals(new boolean[] {true, true, true, false}, kept(reduction, 0));
      assertArrayEquals(new boolean[] {true, true, true, true}, kept(reduction, 1));

      PruningRule filtered =
          TargetSparsity.global(WeightScore.MAGNITUDE, 0.5)
              .withLayers(block -> block.layer().equals("b"));
      ModelReduction second = reduction(backend, filtered, blocks, means, means);
      ModelReduction.Round round = second.prune();
      assertEquals(4, second.decisions().get(0).kept());
      assertEquals(2, second.decisions().get(1).kept());
      assertEquals(Double.NaN, round.thresholds().get(0));
      assertEquals(3, round.thresholds().get(1));
      assertThrows(
          IllegalArgumentException.class,
          () ->
              TargetSparsity.global(WeightScore.RANDOM, 0.5)
                  .withDistribution(new SparsityDistribution.ErdosRenyiKernel()));
    }
  }

  /** A 3×4 matrix in blocks of 2×2: the blocks of the last row are half as high. */
  @Test
  void blocksUnitsAndChannelsLeaveAsOne() {
    float[] means = {
      9, 9, 1, 1, //
      9, 1, 1, 8, //
      2, 2, 3, 3
    };
    try (Backend backend = Backends.open()) {
      SparsityPattern mean = new SparsityPattern.Blocks(2, 2, SparsityPattern.Pooling.MEAN);
      TargetSparsity half = TargetSparsity.global(WeightScore.MAGNITUDE, 0.5);
      ModelReduction blocks =
          reduction(backend, half.withPattern(mean), List.of(matrix("w", 3, 4)), means);
      blocks.prune();
      // Means 7, 2.75, 2 and 3: the first and the last of the four blocks stay.
      boolean[] expected = new boolean[12];
      for (int i : new int[] {0, 1, 4, 5, 10, 11}) {
        expected[i] = true;
      }
      assertArrayEquals(expected, kept(blocks, 0));

      SparsityPattern max = new SparsityPattern.Blocks(2, 2, SparsityPattern.Pooling.MAX);
      ModelReduction largest =
          reduction(backend, half.withPattern(max), List.of(matrix("w", 3, 4)), means);
      largest.prune();
      boolean[] upper = new boolean[12];
      Arrays.fill(upper, 0, 8, true);
      assertArrayEquals(upper, kept(largest, 0));

      // Two units of two weights and a bias each; the sums are 3 and 7.
      ModelReduction units =
          reduction(
              backend,
              half.withPattern(SparsityPattern.units()),
              List.of(new ParameterBlock("w", 2, 2, true)),
              new float[] {1, 2, 3, 4, 100, 0});
      units.prune();
      assertArrayEquals(new boolean[] {false, false, true, true, false, true}, kept(units, 0));

      // Filters [2, channels 2, 1, 2]: channel 1 has the smaller sum; biases stay.
      ModelReduction channels =
          reduction(
              backend,
              half.withPattern(new SparsityPattern.Channels(1)),
              List.of(new ParameterBlock("w", Shape.of(2, 2, 1, 2), true)),
              new float[] {5, 5, 1, 1, 5, 5, 2, 2, 0, 0});
      channels.prune();
      assertArrayEquals(
          new boolean[] {true, true, false, false, true, true, false, false, true, true},
          kept(channels, 0));
      ModelReduction none =
          reduction(
              backend,
              half.withPattern(new SparsityPattern.Channels(3)),
              List.of(matrix("w", 3, 4)),
              means);
      assertThrows(IllegalArgumentException.class, none::prune);
    }
  }

  @Test
  void aScheduleCountsWhatHasLeftBefore() {
    try (Backend backend = Backends.open()) {
      float[] means = new float[100];
      for (int i = 0; i < means.length; i++) {
        means[i] = i + 1;
      }
      PruningRule rule =
          TargetSparsity.layerwise(WeightScore.MAGNITUDE, 0.8)
              .withSchedule(SparsitySchedule.Polynomial.cubic(1, 1, 5));
      ModelReduction reduction = reduction(backend, rule, List.of(matrix("w", 10, 10)), means);
      long[] kept = new long[6];
      for (int round = 0; round < kept.length; round++) {
        reduction.prune();
        kept[round] = reduction.kept();
      }
      // 1 − 0.8 (1 − (1 − t/4)³) for t = 1 … 4, then nothing more.
      assertArrayEquals(new long[] {54, 30, 21, 20, 20, 20}, kept);
    }
  }

  @Test
  void noiseIsRepeatableAndSaliencyNeedsAStep() {
    try (Backend backend = Backends.open()) {
      float[] means = new float[1_000];
      Arrays.fill(means, 1);
      List<ParameterBlock> blocks = List.of(matrix("w", 10, 100));
      PruningRule random = TargetSparsity.global(WeightScore.RANDOM, 0.3);
      ModelReduction first = reduction(backend, random, blocks, means);
      ModelReduction second = reduction(backend, random, blocks, means);
      first.prune();
      second.prune();
      assertEquals(700, first.kept());
      assertArrayEquals(kept(first, 0), kept(second, 0));
      int early = 0;
      for (int i = 0; i < 500; i++) {
        early += kept(first, 0)[i] ? 1 : 0;
      }
      assertEquals(350, early, 40);

      PruningRule salient = TargetSparsity.global(WeightScore.SALIENCY, 0.3);
      ModelReduction without = reduction(backend, salient, blocks, means);
      String message = assertThrows(IllegalStateException.class, without::prune).getMessage();
      assertTrue(message.contains("layer w there are none"), message);
      float[] saliency = new float[1_000];
      saliency[7] = 2;
      without.setSaliencies(block -> saliency);
      without.prune();
      assertTrue(kept(without, 0)[7]);
      saliency[8] = Float.NaN;
      ModelReduction broken = reduction(backend, salient, blocks, means);
      broken.setSaliencies(block -> saliency);
      assertThrows(DivergedException.class, broken::prune);
      assertEquals(1_000, broken.kept());
    }
  }

  @Test
  void aTargetIsAShare() {
    for (double target : new double[] {0, 0.5, 1}) {
      assertEquals(target, TargetSparsity.global(WeightScore.MAGNITUDE, target).target());
    }
    for (double target : new double[] {-1e-9, 1 + 1e-9, Double.NaN}) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> TargetSparsity.layerwise(WeightScore.MAGNITUDE, target))
              .getMessage();
      assertEquals("The target sparsity must lie in [0, 1], but is " + target, message);
    }
    assertEquals("magnitude", TargetSparsity.global(WeightScore.MAGNITUDE, 0.5).name());
    assertThrows(IllegalArgumentException.class, () -> new SparsitySchedule.Periodic(1, 3, 2));
    assertTrue(new SparsitySchedule.Periodic(1, 3, 3).isDue(3));
  }
}
