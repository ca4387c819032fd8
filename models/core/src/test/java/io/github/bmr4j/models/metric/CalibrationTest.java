package io.github.bmr4j.models.metric;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CalibrationTest {

  /** Sums of some forty doubles of order one. */
  private static final double TOLERANCE = 1e-14;

  @ParameterizedTest
  @ValueSource(strings = {"ece_quantile_tfp_doc_example", "ece_quantile_40"})
  void equalMassAgreesWithTheGoldenVectors(String name) throws IOException {
    Map<?, ?> golden = GoldenVectors.metrics(name);
    double[] hits = GoldenVectors.doubles(golden.get("hit"));
    boolean[] hit = new boolean[hits.length];
    for (int i = 0; i < hit.length; i++) {
      hit[i] = hits[i] == 1;
    }
    double[] confidence = GoldenVectors.doubles(golden.get("prob"));
    int buckets = (int) GoldenVectors.number(golden.get("num_buckets"));
    Calibration found = EqualMassCalibration.of(confidence, hit, buckets);
    assertEquals(GoldenVectors.number(golden.get("ece")), found.expectedError(), TOLERANCE);
    assertArrayEquals(
        GoldenVectors.doubles(golden.get("acc")),
        found.bins().stream().mapToDouble(ReliabilityBin::accuracy).toArray(),
        TOLERANCE);
    assertArrayEquals(
        GoldenVectors.doubles(golden.get("conf")),
        found.bins().stream().mapToDouble(ReliabilityBin::confidence).toArray(),
        TOLERANCE);
    assertArrayEquals(
        GoldenVectors.doubles(golden.get("count")),
        found.bins().stream().mapToDouble(ReliabilityBin::count).toArray());
    if (golden.containsKey("edges")) {
      double[] edges = GoldenVectors.doubles(golden.get("edges"));
      for (int k = 0; k < buckets; k++) {
        assertEquals(edges[k], found.bins().get(k).lower());
        assertEquals(edges[k + 1], found.bins().get(k).upper());
      }
    }
  }

  @Test
  void equalMassOfTiesPutsAllIntoTheLastBucket() {
    double[] confidence = {.5, .5, .5, .5, .5};
    boolean[] hit = {true, true, true, true, false};
    Calibration found = EqualMassCalibration.of(confidence, hit, 4);
    assertEquals(.3, found.expectedError(), 1e-15);
    assertEquals(.3, found.maximumError(), 1e-15);
    assertEquals(5, found.bins().get(3).count());
    assertEquals(0, found.bins().get(0).count());
    assertEquals(0, found.bins().get(0).accuracy());
  }

  @Test
  void equalMassOfPartialTiesIsHalfOpen() {
    // Edges: 0.2, 0.4 (tied with an element), 0.9.
    double[] confidence = {.2, .4, .4, .4, .9};
    boolean[] hit = {false, true, false, true, true};
    Calibration found = EqualMassCalibration.of(confidence, hit, 2);
    assertEquals(new ReliabilityBin(1, 0, .2, .2, .4), found.bins().get(0));
    assertEquals(4, found.bins().get(1).count());
    assertEquals(.75, found.bins().get(1).accuracy());
    assertEquals(2.1 / 4, found.bins().get(1).confidence(), 1e-15);
    assertEquals((.2 + 4 * (.75 - .525)) / 5, found.expectedError(), 1e-15);
  }

  @Test
  void aSingleBucketIsTheOverallGap() {
    double[] confidence = {.1, .7, .9};
    boolean[] hit = {true, false, false};
    double gap = Math.abs(1 - 1.7) / 3;
    assertEquals(gap, EqualMassCalibration.of(confidence, hit, 1).expectedError(), 1e-15);
    assertEquals(gap, EqualWidthCalibration.of(confidence, hit, 1).expectedError(), 1e-15);
  }

  @Test
  void fewerPredictionsThanBuckets() {
    Calibration one = EqualMassCalibration.of(new double[] {.25}, new boolean[] {true}, 20);
    assertEquals(.75, one.expectedError());
    assertEquals(20, one.bins().size());
    assertEquals(1, one.bins().get(19).count());
    assertEquals(
        .75,
        EqualWidthCalibration.of(new double[] {.25}, new boolean[] {true}, 15).expectedError());
  }

  @Test
  void equalMassCountsEveryPredictionOnceAndAboutEquallyOften() {
    Random random = new Random(3);
    for (int n : new int[] {2, 19, 20, 21, 39, 1000, 10_007}) {
      double[] confidence = random.doubles(n).toArray();
      boolean[] hit = new boolean[n];
      Calibration found = EqualMassCalibration.of(confidence, hit, 20);
      assertEquals(n, found.bins().stream().mapToLong(ReliabilityBin::count).sum());
      for (ReliabilityBin bin : found.bins()) {
        assertTrue(Math.abs(bin.count() - n / 20.0) <= 2, n + ": " + bin);
        assertTrue(bin.count() == 0 || bin.confidence() >= bin.lower(), bin.toString());
        assertTrue(bin.count() == 0 || bin.confidence() <= bin.upper(), bin.toString());
      }
    }
  }

  @Test
  void equalWidthIsOpenBelowAndClosedAbove() {
    int bins = 15;
    for (int m = 0; m <= bins; m++) {
      double edge = (double) m / bins;
      for (double confidence : new double[] {edge, Math.nextDown(edge), Math.nextUp(edge)}) {
        if (confidence < 0 || confidence > 1) {
          continue;
        }
        Calibration found =
            EqualWidthCalibration.of(new double[] {confidence}, new boolean[1], bins);
        int expected = Math.max(0, confidence > edge ? m : m - 1);
        assertEquals(1, found.bins().get(expected).count(), confidence + " near edge " + m);
      }
    }
  }

  @Test
  void equalWidthAgreesWithAHandComputedCase() {
    double[] confidence = {.05, .35, .45, .55, 1};
    boolean[] hit = {false, true, false, true, true};
    Calibration found = EqualWidthCalibration.of(confidence, hit, 2);
    // (0, .5]: 3 predictions, 1 hit, confidences .85; (.5, 1]: 2, 2 hits, 1.55.
    assertEquals((Math.abs(1 - .85) + Math.abs(2 - 1.55)) / 5, found.expectedError(), 1e-15);
    assertEquals(.225, found.maximumError(), 1e-15);
  }

  @Test
  void refusesWhatHasNoCalibration() {
    boolean[] two = new boolean[2];
    for (double bad : new double[] {Double.NaN, -0.1, 1.1, Double.POSITIVE_INFINITY}) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> EqualMassCalibration.of(new double[] {.5, bad}, two, 2));
      assertTrue(refused.getMessage().contains("row 1"), refused.getMessage());
      assertThrows(
          IllegalArgumentException.class,
          () -> EqualWidthCalibration.of(new double[] {.5, bad}, two, 2));
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> EqualMassCalibration.of(new double[0], new boolean[0], 2));
    assertThrows(
        IllegalArgumentException.class, () -> EqualMassCalibration.of(new double[1], two, 2));
    assertThrows(
        IllegalArgumentException.class, () -> EqualMassCalibration.of(new double[2], two, 0));
  }
}
