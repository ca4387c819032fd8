package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.models.io.GaussianPosteriorReader;
import io.github.bmr4j.models.io.GaussianPosteriorReader.Naming;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import io.github.bmr4j.models.io.TensorReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The pruning of a small posterior in a file passes; with one mask bit, or one number of its
 * certificate, changed, the check names that one. All σ are 0.25 and v = 1, so ΔF = ln 4 − 8 μ².
 */
class PosteriorCheckTest {

  private static final float[] MEANS = {0, 0.125f, -0.25f, 0.5f, -1, 0.375f};
  private static final boolean[] MASK = {false, false, false, true, true, false};
  private static final int[] SHAPE = {2, 3};

  /** ΔF of the last: ln 4 − 1.125 = 0.26. */
  private static final double SUM = 4 * Math.log(4) - 8 * (0.015625 + 0.0625 + 0.140625);

  @TempDir Path folder;

  private static float[] deviations(int count) {
    float[] deviations = new float[count];
    Arrays.fill(deviations, 0.25f);
    return deviations;
  }

  private Path posterior() throws IOException {
    return posterior(null);
  }

  private Path posterior(boolean[] before) throws IOException {
    SafetensorsWriter writer =
        new SafetensorsWriter()
            .floats("a.mean", SHAPE, MEANS)
            .floats("a.std", SHAPE, deviations(MEANS.length));
    if (before != null) {
      writer.booleans("a.mask", SHAPE, before);
    }
    return written("posterior", writer);
  }

  private Path masked(boolean... mask) throws IOException {
    return written(
        "pruned", new SafetensorsWriter().booleans("a.mask", new int[] {mask.length}, mask));
  }

  private Path written(String name, SafetensorsWriter writer) throws IOException {
    Path file = folder.resolve(name + ".safetensors");
    writer.write(file);
    return file;
  }

  private static GaussianPosteriorReader open(Path file) throws IOException {
    return new GaussianPosteriorReader(file, Naming.MEAN_AND_STD, name -> true);
  }

  private static String difference(
      Path posterior, Path pruned, double prior, double threshold, long kept, double sum)
      throws IOException {
    try (GaussianPosteriorReader reader = open(posterior);
        TensorReader masks = SafetensorsReader.open(pruned)) {
      return new PosteriorCheck(reader, masks)
          .firstDifference(reader.factors().get(0), prior, threshold, kept, sum)
          .map(found -> found.replaceAll("(-?\\d+\\.\\d{3})\\d+", "$1"))
          .orElse("none");
    }
  }

  private static boolean[] flipped(int i) {
    boolean[] mask = MASK.clone();
    mask[i] = !mask[i];
    return mask;
  }

  /** As the pruning itself writes it, of two tensors with their own priors. */
  @Test
  void whatThePruningWroteAgrees() throws IOException {
    Path file =
        written(
            "posterior",
            new SafetensorsWriter()
                .floats("a.mean", SHAPE, MEANS)
                .floats("a.std", SHAPE, deviations(6))
                .floats("b.mean", SHAPE, MEANS)
                .floats("b.std", SHAPE, deviations(6)));
    Path pruned = folder.resolve("pruned.safetensors");
    try (GaussianPosteriorReader reader = open(file);
        PosteriorPruning pruning =
            new PosteriorPruning(
                reader, of -> of.name().equals("a") ? 1 : 4, () -> Backends.open(1), 1)) {
      List<PosteriorPruning.Outcome> outcomes = pruning.prune(new StreamedRule.Evidence(0));
      pruning.save(pruned, Map.of(), Map.of());
      assertEquals(2, outcomes.get(0).kept());
      assertEquals(SUM, outcomes.get(0).predicted(), 1e-5);
      try (TensorReader masks = SafetensorsReader.open(pruned)) {
        PosteriorCheck check = new PosteriorCheck(reader, masks);
        for (int t = 0; t < 2; t++) {
          PosteriorPruning.Outcome each = outcomes.get(t);
          assertEquals(
              Optional.empty(),
              check.firstDifference(
                  reader.factors().get(t),
                  each.priorVariance(),
                  each.threshold(),
                  each.kept(),
                  each.predicted()));
        }
        // Of b with v = 4 ΔF is larger by ln 2: the fourth, −0.61, leaves too.
        assertEquals(1, outcomes.get(1).kept());
        assertEquals(9, check.removed());
        double ofB = SUM + 4 * Math.log(2) + Math.log(8) - 8 * 0.25;
        assertEquals(SUM + ofB, check.predicted(), 1e-12);
      }
    }
  }

  @Test
  void aRightOneAgrees() throws IOException {
    assertEquals("none", difference(posterior(), masked(MASK), 1, 0, 2, SUM));
  }

  @ParameterizedTest
  @CsvSource({
    "0, a[0] stayed, 1.386, above",
    "2, a[2] stayed, 0.886, above",
    "3, a[3] left, -0.613, below",
    "4, a[4] left, -6.613, below",
    "5, a[5] stayed, 0.261, above"
  })
  void anotherDecision(int i, String what, String deltaF, String side) throws IOException {
    assertEquals(
        what + ", but dF = " + deltaF + " is " + side + " the threshold 0.0",
        difference(posterior(), masked(flipped(i)), 1, 0, 2, SUM));
  }

  @Test
  void theFirstOfSeveralIsNamed() throws IOException {
    boolean[] mask = flipped(4);
    mask[1] = true;
    assertEquals(
        "a[1] stayed, but dF = 1.261 is above the threshold 0.0",
        difference(posterior(), masked(mask), 1, 0, 2, SUM));
  }

  @Test
  void anotherThreshold() throws IOException {
    assertEquals(
        "a[5] left, but dF = 0.261 is below the threshold 0.5",
        difference(posterior(), masked(MASK), 1, 0.5, 2, SUM));
    assertEquals(
        "a[3] stayed, but dF = -0.613 is above the threshold -1.0",
        difference(posterior(), masked(MASK), 1, -1, 2, SUM));
  }

  /** The slack is 1e-5 of |ΔF| + μ²/σ²: 1.4e-5 for the first, 4.6e-5 for the fourth weight. */
  @Test
  void atTheThresholdEitherDecisionIsRight() throws IOException {
    double last = Math.log(4) - 8 * 0.140625;
    assertEquals("none", difference(posterior(), masked(MASK), 1, last + 2e-5, 2, SUM));
    assertEquals(
        "a[5] left, but dF = 0.261 is below the threshold 0.261",
        difference(posterior(), masked(MASK), 1, last + 1e-4, 2, SUM));
    double fourth = Math.log(4) - 8 * 0.25;
    assertEquals("none", difference(posterior(), masked(MASK), 1, fourth - 4e-5, 2, SUM));
    assertEquals(
        "a[3] stayed, but dF = -0.613 is above the threshold -0.613",
        difference(posterior(), masked(MASK), 1, fourth - 1e-4, 2, SUM));
  }

  @Test
  void anotherPrior() throws IOException {
    // v = 0.5: ΔF is smaller by ½ ln 2, and the last is below 0.
    assertEquals(
        "a[5] left, but dF = -0.085 is below the threshold 0.0",
        difference(posterior(), masked(MASK), 0.5, 0, 2, SUM));
    assertEquals(
        "a has the sum dF = 3.795 in the certificate, but it is 4.176",
        difference(posterior(), masked(MASK), 1.21, 0, 2, SUM));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3})
  void anotherCount(long kept) throws IOException {
    assertEquals(
        "a has " + kept + " weights left in the certificate, but 2 in fact",
        difference(posterior(), masked(MASK), 1, 0, kept, SUM));
  }

  /** Sums may differ by 1e-5 of 3.795, the amounts added. */
  @ParameterizedTest
  @CsvSource({"0.00003, true", "-0.00003, true", "0.00005, false", "-0.00005, false", "NaN, false"})
  void anotherSum(double error, boolean agrees) throws IOException {
    String found = difference(posterior(), masked(MASK), 1, 0, 2, SUM + error);
    String sum = Double.isNaN(error) ? "NaN" : "3.795";
    assertEquals(
        agrees ? "none" : "a has the sum dF = " + sum + " in the certificate, but it is 3.795",
        found);
  }

  @ParameterizedTest
  @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY, 0})
  void aStandardDeviationThatIsNoneDecidesNothing(float none) throws IOException {
    float[] deviations = deviations(6);
    deviations[1] = none;
    Path posterior =
        written(
            "posterior",
            new SafetensorsWriter()
                .floats("a.mean", SHAPE, MEANS)
                .floats("a.std", SHAPE, deviations));
    assertEquals(
        "a[1] has the posterior mean " + MEANS[1] + " and standard deviation " + none,
        difference(posterior, masked(MASK), 1, 0, 2, SUM));
  }

  @Test
  void aMaskOfAnotherSize() throws IOException {
    assertEquals(
        "a has 6 weights, but its mask 7",
        difference(
            posterior(), masked(false, false, false, true, true, false, true), 1, 0, 3, SUM));
  }

  @Test
  void whatHadLeftBeforeIsNotCountedAgain() throws IOException {
    boolean[] before = {true, false, true, true, false, true};
    boolean[] after = {false, false, false, true, false, false};
    double sum = SUM - (Math.log(4) - 0.125);
    assertEquals("none", difference(posterior(before), masked(after), 1, 0, 1, sum));
    after[4] = true;
    assertEquals(
        "a[4] is back, but had left before",
        difference(posterior(before), masked(after), 1, 0, 2, sum));
  }

  /** Larger than the block that is read at once; what differs is in the second. */
  @Test
  void aTensorOfSeveralBlocks() throws IOException {
    int count = (1 << 16) + 100;
    float[] means = new float[count];
    boolean[] mask = new boolean[count];
    for (int i = 0; i < count; i += 7) {
      means[i] = 1 + i % 5;
      mask[i] = true;
    }
    int[] shape = {count};
    Path posterior =
        written(
            "posterior",
            new SafetensorsWriter()
                .floats("a.mean", shape, means)
                .floats("a.std", shape, deviations(count)));
    int kept = (count + 6) / 7;
    double sum = (count - kept) * Math.log(4);
    assertEquals("none", difference(posterior, masked(mask), 1, 0, kept, sum));
    int last = count - 1 - (count - 1) % 7;
    mask[last] = false;
    String found = difference(posterior, masked(mask), 1, 0, kept, sum);
    assertTrue(found.startsWith("a[" + last + "] left, but dF = -"), found);
    mask[last] = true;
    mask[last + 1] = true;
    assertEquals(
        "a[" + (last + 1) + "] stayed, but dF = 1.386 is above the threshold 0.0",
        difference(posterior, masked(mask), 1, 0, kept, sum));
  }
}
