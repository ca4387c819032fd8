package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.reduction.SpikeAndSlab;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Naming;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.NamePattern;
import io.github.bmr4j.models.io.NpzReader;
import io.github.bmr4j.models.io.NpzWriter;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.Spread;
import io.github.bmr4j.models.io.TensorReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PosteriorPruningTest {

  private static final float PRIOR_VARIANCE = 0.5f;

  /** The first needs three chunks, the last of them with an odd number of weights. */
  private static final int[] LARGE = {2 * StreamedEvidence.CHUNK + 333};

  private static final int[] SMALL = {7, 11};

  @TempDir Path folder;

  private final float[] largeMean = new float[LARGE[0]];
  private final float[] largeStd = new float[LARGE[0]];
  private final float[] smallMean = new float[77];
  private final float[] smallStd = new float[77];

  @BeforeEach
  void draw() {
    Random random = new Random(5);
    fill(random, largeMean, largeStd, 0.05);
    fill(random, smallMean, smallStd, 0.6);
  }

  /** Some weights that matter among many that do not. */
  private static void fill(Random random, float[] mean, float[] std, double share) {
    for (int i = 0; i < mean.length; i++) {
      boolean matters = random.nextDouble() < share;
      mean[i] = (float) (random.nextGaussian() * (matters ? 0.7 : 0.02));
      std[i] = (float) ((matters ? 0.05 : 0.3) * Math.exp(0.3 * random.nextGaussian()));
    }
  }

  private SafetensorsWriter posterior() {
    return new SafetensorsWriter()
        .floats("a.weight.mean", LARGE, largeMean)
        .floats("a.weight.std", LARGE, largeStd)
        .floats("b.mean", SMALL, smallMean)
        .floats("b.std", SMALL, smallStd);
  }

  private Path written(SafetensorsWriter writer) throws IOException {
    Path file = folder.resolve("posterior.safetensors");
    writer.write(file);
    return file;
  }

  private static GaussianPosteriorReader open(Path file) throws IOException {
    return new GaussianPosteriorReader(file, Naming.MEAN_AND_STD, name -> true);
  }

  private static PosteriorPruning pruning(GaussianPosteriorReader reader, int threads) {
    return new PosteriorPruning(reader, of -> PRIOR_VARIANCE, () -> Backends.open(1), threads);
  }

  private static double[] deltaF(float[] mean, float[] std) {
    double[] deltaF = new double[mean.length];
    for (int i = 0; i < mean.length; i++) {
      double variance = (double) std[i] * std[i];
      deltaF[i] =
          0.5 * Math.log(PRIOR_VARIANCE / variance) - 0.5 * (double) mean[i] * mean[i] / variance;
    }
    return deltaF;
  }

  /** In float, a weight whose ΔF is this close to the threshold may go either way. */
  private static void assertDecided(
      double[] deltaF, double threshold, float[] values, float[] saved, boolean[] mask) {
    for (int i = 0; i < deltaF.length; i++) {
      if (Math.abs(deltaF[i] - threshold) > 1e-4 * (1 + Math.abs(deltaF[i]))) {
        assertEquals(deltaF[i] < threshold, mask[i], "weight " + i + " with " + deltaF[i]);
      }
      assertEquals(mask[i] ? values[i] : 0f, saved[i], "weight " + i);
    }
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 1.5, -3})
  void removesWhatTheEvidencePrefersToBeGone(double threshold) throws IOException {
    Path out = folder.resolve("pruned.safetensors");
    try (GaussianPosteriorReader reader = open(written(posterior()));
        PosteriorPruning pruning = pruning(reader, 2)) {
      List<PosteriorPruning.Outcome> outcomes = pruning.prune(new StreamedRule.Evidence(threshold));
      pruning.save(out, Map.of("rule", "evidence"), Map.of());

      double[] large = deltaF(largeMean, largeStd);
      try (SafetensorsReader saved = SafetensorsReader.open(out)) {
        boolean[] mask = saved.readBooleans("a.weight.mask");
        assertDecided(large, threshold, largeMean, saved.readFloats("a.weight"), mask);
        assertDecided(
            deltaF(smallMean, smallStd),
            threshold,
            smallMean,
            saved.readFloats("b"),
            saved.readBooleans("b.mask"));
        assertEquals(List.of(7L, 11L), saved.entry("b.mask").shape());
        assertEquals("evidence", saved.metadata().get("rule"));

        PosteriorPruning.Outcome outcome = outcomes.get(0);
        assertEquals("a.weight", outcome.name());
        assertEquals(LARGE[0], outcome.before());
        double predicted = 0;
        long kept = 0;
        for (int i = 0; i < mask.length; i++) {
          predicted += mask[i] ? 0 : large[i];
          kept += mask[i] ? 1 : 0;
        }
        assertEquals(kept, outcome.kept());
        assertTrue(kept > 0 && kept < LARGE[0]);
        assertEquals(predicted, outcome.predicted(), 1e-5 * Math.abs(predicted));
      }
    }
  }

  @Test
  void findsTheThresholdOfTheAdaptiveRule() throws IOException {
    try (GaussianPosteriorReader reader = open(written(posterior()));
        PosteriorPruning pruning = pruning(reader, 2)) {
      List<PosteriorPruning.Outcome> outcomes =
          pruning.prune(new StreamedRule.Adaptive(SpikeAndSlab.Config.PUBLISHED));
      boolean[] active = new boolean[LARGE[0]];
      Arrays.fill(active, true);
      double zeta =
          SpikeAndSlab.threshold(
              deltaF(largeMean, largeStd), active, SpikeAndSlab.Config.PUBLISHED);
      assertEquals(zeta, outcomes.get(0).threshold(), 1e-5);
      assertTrue(Math.abs(zeta - outcomes.get(1).threshold()) > 0.1, "each tensor has its own");
    }
  }

  @ParameterizedTest
  @CsvSource({"0.9, true", "0.9, false", "0.314159, true", "0, true", "1, false"})
  void reachesTheTarget(double fraction, boolean global) throws IOException {
    try (GaussianPosteriorReader reader = open(written(posterior()));
        PosteriorPruning pruning = pruning(reader, 2)) {
      List<PosteriorPruning.Outcome> outcomes =
          pruning.prune(new StreamedRule.Target(fraction, global));
      long kept = outcomes.stream().mapToLong(PosteriorPruning.Outcome::kept).sum();
      // Random floats: a few ΔF are equal.
      assertEquals((1 - fraction) * (LARGE[0] + 77), (double) kept, 3.5);
      double[] all =
          Stream.of(deltaF(largeMean, largeStd), deltaF(smallMean, smallStd))
              .flatMapToDouble(Arrays::stream)
              .sorted()
              .toArray();
      if (global && fraction > 0) {
        double expected = all[(int) Math.round((1 - fraction) * all.length)];
        assertEquals(expected, outcomes.get(0).threshold(), 1e-4);
      }
      if (!global) {
        assertEquals(Math.round((1 - fraction) * 77), outcomes.get(1).kept());
      }
    }
  }

  static List<StreamedRule> rules() {
    return List.of(
        new StreamedRule.Evidence(0),
        new StreamedRule.Adaptive(SpikeAndSlab.Config.PUBLISHED),
        new StreamedRule.Target(0.77, true));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theNumberOfThreadsChangesNothing(StreamedRule rule) throws IOException {
    Path file = written(posterior());
    List<List<PosteriorPruning.Outcome>> outcomes =
        Stream.of(1, 2, 5)
            .map(
                threads -> {
                  try (GaussianPosteriorReader reader = open(file);
                      PosteriorPruning pruning = pruning(reader, threads)) {
                    return pruning.prune(rule);
                  } catch (IOException failure) {
                    throw new AssertionError(failure);
                  }
                })
            .toList();
    assertEquals(outcomes.get(0), outcomes.get(1));
    assertEquals(outcomes.get(0), outcomes.get(2));
  }

  @Test
  void aMaskInTheFileIsWhereItStarts() throws IOException {
    boolean[] mask = new boolean[77];
    Arrays.fill(mask, 0, 30, true);
    float[] values = new float[77];
    Arrays.fill(values, 9);
    Path out = folder.resolve("pruned.safetensors");
    try (GaussianPosteriorReader reader =
            open(
                written(
                    posterior()
                        .booleans("b.mask", SMALL, mask)
                        .floats("b", SMALL, values)
                        .longs("steps", new int[0], new long[] {12})));
        PosteriorPruning pruning = pruning(reader, 1)) {
      PosteriorPruning.Outcome small = pruning.prune(new StreamedRule.Evidence(0)).get(1);
      assertEquals(30, small.before());
      assertTrue(small.kept() < 30);
      List<PosteriorPruning.Outcome> again = pruning.prune(new StreamedRule.Evidence(0));
      assertEquals(small.kept(), again.get(1).before());
      assertEquals(small.kept(), again.get(1).kept());
      assertEquals(0, again.get(1).predicted());
      pruning.save(out, Map.of(), Map.of());
      try (SafetensorsReader saved = SafetensorsReader.open(out)) {
        float[] kept = saved.readFloats("b");
        int nines = 0;
        for (float value : kept) {
          assertTrue(value == 0 || value == 9);
          nines += value == 9 ? 1 : 0;
        }
        assertEquals(small.kept(), nines);
        assertArrayEquals(new long[] {12}, saved.readLongs("steps"));
        assertFalse(saved.contains("b.std"));
      }
    }
  }

  static List<Object[]> spreads() {
    double weightDecay = 1e-3;
    double ess = 60_000;
    return List.of(
        new Object[] {Spread.VARIANCE, (DoubleUnaryOperator) s -> s * s},
        new Object[] {Spread.PRECISION, (DoubleUnaryOperator) s -> 1 / (s * s)},
        new Object[] {Spread.LOG_STANDARD_DEVIATION, (DoubleUnaryOperator) Math::log},
        new Object[] {Spread.SOFTPLUS, (DoubleUnaryOperator) s -> Math.log(Math.expm1(s))},
        new Object[] {
          Spread.ivonHessian(ess, weightDecay),
          (DoubleUnaryOperator) s -> 1 / (ess * s * s) - weightDecay
        });
  }

  @ParameterizedTest
  @MethodSource("spreads")
  void everyWayToSayHowWideGivesTheSame(Spread kind, DoubleUnaryOperator encode)
      throws IOException {
    float[] encoded = new float[77];
    for (int i = 0; i < 77; i++) {
      encoded[i] = (float) encode.applyAsDouble(smallStd[i]);
    }
    Path file =
        written(
            new SafetensorsWriter()
                .floats("mu_b", SMALL, smallMean)
                .floats("spread_b", SMALL, encoded));
    Naming naming = new Naming(new NamePattern("mu_*"), new NamePattern("spread_*"), kind);
    try (GaussianPosteriorReader reader = new GaussianPosteriorReader(file, naming, n -> true)) {
      float[] mean = new float[77];
      float[] std = new float[77];
      reader.read(reader.factors().get(0), 0, 77, mean, std);
      assertEquals("b", reader.factors().get(0).name());
      assertArrayEquals(smallMean, mean);
      for (int i = 0; i < 77; i++) {
        assertEquals(smallStd[i], std[i], 2e-4 * smallStd[i], "weight " + i);
      }
    }
  }

  @Test
  void thePriorOfIvonIsItsWeightDecay() {
    assertEquals(1 / 60.0, Spread.ivonPriorVariance(60_000, 1e-3), 1e-15);
    assertThrows(IllegalArgumentException.class, () -> Spread.ivonHessian(0, 1e-3));
  }

  @ParameterizedTest
  @ValueSource(floats = {0, -0.1f, Float.NaN, Float.POSITIVE_INFINITY})
  void aStandardDeviationThatIsNoneIsRefused(float bad) throws IOException {
    largeStd[StreamedEvidence.CHUNK + 5] = bad;
    try (GaussianPosteriorReader reader = open(written(posterior()));
        PosteriorPruning pruning = pruning(reader, 2)) {
      InvalidFileException refusal =
          assertThrows(
              InvalidFileException.class, () -> pruning.prune(new StreamedRule.Evidence(0)));
      assertTrue(
          refusal
              .getMessage()
              .contains("weight " + (StreamedEvidence.CHUNK + 5) + " of \"a.weight\" has"),
          refusal.getMessage());
    }
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.NEGATIVE_INFINITY})
  void aMeanThatIsNotFiniteIsRefused(float bad) throws IOException {
    smallMean[76] = bad;
    try (GaussianPosteriorReader reader = open(written(posterior()));
        PosteriorPruning pruning = pruning(reader, 2)) {
      InvalidFileException refusal =
          assertThrows(
              InvalidFileException.class, () -> pruning.prune(new StreamedRule.Target(0.5, false)));
      assertTrue(refusal.getMessage().contains("weight 76 of \"b\""), refusal.getMessage());
    }
  }

  @Test
  void filesWithoutAWholePosteriorAreRefused() throws IOException {
    Path none = written(new SafetensorsWriter().floats("x", SMALL, smallMean));
    assertMessage(none, "found no tensor named as *.mean among [x]");
    Path half = written(new SafetensorsWriter().floats("x.mean", SMALL, smallMean));
    assertMessage(half, "found \"x.mean\", but no \"x.std\"");
    Path shapes =
        written(
            new SafetensorsWriter()
                .floats("x.mean", SMALL, smallMean)
                .floats("x.std", new int[] {11, 7}, smallStd));
    assertMessage(shapes, "has the shape [7, 11], but \"x.std\" has [11, 7]");
  }

  private static void assertMessage(Path file, String part) {
    InvalidFileException refusal = assertThrows(InvalidFileException.class, () -> open(file));
    assertTrue(refusal.getMessage().contains(part), refusal.getMessage());
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, Double.NaN, Double.POSITIVE_INFINITY, 1e39, 1e-60})
  void aPriorThatIsNoneIsRefused(double variance) throws IOException {
    try (GaussianPosteriorReader reader = open(written(posterior()))) {
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () ->
                      new PosteriorPruning(
                          reader,
                          of -> of.name().equals("b") ? variance : 1,
                          () -> Backends.open(1),
                          1))
              .getMessage();
      assertEquals(
          "The prior variance of b must be positive and finite, but is " + variance, message);
    }
  }

  @Test
  void aMaskOfAnotherShapeIsRefused() throws IOException {
    Path file = written(posterior().booleans("b.mask", new int[] {11, 7}, new boolean[77]));
    try (GaussianPosteriorReader reader = open(file)) {
      String message =
          assertThrows(InvalidFileException.class, () -> pruning(reader, 1)).getMessage();
      assertTrue(
          message.endsWith(
              "\"b.mask\" has the shape [11, 7], but the posterior of \"b\" has [7, 11]"),
          message);
    }
  }

  /** What had left counts as such, or with its ΔF; a third of the weights, in every chunk. */
  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theAdaptiveRuleWithWeightsThatHadLeft(boolean counting) throws IOException {
    boolean[] mask = new boolean[LARGE[0]];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % 3 > 0 && i > StreamedEvidence.CHUNK / 2;
    }
    SpikeAndSlab.Config config = new SpikeAndSlab.Config(1, 1, 4, counting);
    Path file = written(posterior().booleans("a.weight.mask", LARGE, mask));
    try (GaussianPosteriorReader reader = open(file);
        PosteriorPruning pruning = pruning(reader, 2)) {
      double found = pruning.prune(new StreamedRule.Adaptive(config)).get(0).threshold();
      double expected = SpikeAndSlab.threshold(deltaF(largeMean, largeStd), mask, config);
      assertEquals(expected, found, 1e-5);
    }
  }

  /** A share of all weights leaves, those that had left before counted in. */
  @Test
  void aTargetCountsWhatHadLeft() throws IOException {
    boolean[] mask = new boolean[LARGE[0]];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % 2 == 1;
    }
    Path file = written(posterior().booleans("a.weight.mask", LARGE, mask));
    try (GaussianPosteriorReader reader = open(file);
        PosteriorPruning pruning = pruning(reader, 1)) {
      PosteriorPruning.Outcome none = pruning.prune(new StreamedRule.Target(0.5, false)).get(0);
      assertEquals(none.before(), none.kept());
      assertEquals(Double.POSITIVE_INFINITY, none.threshold());
      PosteriorPruning.Outcome more = pruning.prune(new StreamedRule.Target(0.75, false)).get(0);
      assertEquals(0.25 * LARGE[0], (double) more.kept(), 3);
      double[] left = deltaF(largeMean, largeStd);
      double[] active =
          IntStream.range(0, LARGE[0])
              .filter(i -> mask[i])
              .mapToDouble(i -> left[i])
              .sorted()
              .toArray();
      assertEquals(active[(int) more.kept()], more.threshold(), 1e-4);
    }
  }

  @Test
  void anNpzIsPrunedIntoOne() throws IOException {
    Path file = folder.resolve("posterior.npz");
    new NpzWriter().floats("b.mean", SMALL, smallMean).floats("b.std", SMALL, smallStd).write(file);
    Path out = folder.resolve("pruned.npz");
    try (GaussianPosteriorReader reader = open(file);
        PosteriorPruning pruning = pruning(reader, 1)) {
      long kept = pruning.prune(new StreamedRule.Evidence(0)).get(0).kept();
      pruning.save(out, Map.of("rule", "evidence"), Map.of());
      try (TensorReader saved = TensorReader.open(out)) {
        assertTrue(saved instanceof NpzReader);
        boolean[] mask = saved.readBooleans("b.mask");
        assertDecided(deltaF(smallMean, smallStd), 0, smallMean, saved.readFloats("b"), mask);
        assertEquals(kept, IntStream.range(0, 77).filter(i -> mask[i]).count());
      }
    }
  }
}
