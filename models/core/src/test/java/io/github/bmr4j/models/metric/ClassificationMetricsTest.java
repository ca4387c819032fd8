package io.github.bmr4j.models.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class ClassificationMetricsTest {

  @Test
  void agreesWithAHandComputedCase() {
    double[] probabilities = {.7, .2, .1, .25, .5, .25};
    ClassificationMetrics found = ClassificationMetrics.of(probabilities, 3, new int[] {0, 2});
    assertEquals(2, found.examples());
    assertEquals(.5, found.accuracy());
    assertEquals(-(Math.log(.7) + Math.log(.25)) / 2, found.negativeLogLikelihood(), 1e-15);
    double brier = (.09 + .04 + .01) + (.0625 + .25 + .5625);
    assertEquals(brier / 2, found.brierScore(), 1e-15);
    // Equally filled: .5 (a miss) and .7 (a hit) in buckets of their own.
    assertEquals((.5 + .3) / 2, found.expectedCalibrationError(), 1e-15);
    assertEquals((.5 + .3) / 2, found.equalWidthCalibration().expectedError(), 1e-15);
    assertEquals(20, found.calibration().bins().size());
    assertEquals(15, found.equalWidthCalibration().bins().size());
  }

  @Test
  void ofEquallyProbableClassesTheFirstIsPredicted() {
    double[] tie = {.4, .4, .2};
    assertEquals(1, ClassificationMetrics.of(tie, 3, new int[] {0}).accuracy());
    assertEquals(0, ClassificationMetrics.of(tie, 3, new int[] {1}).accuracy());
  }

  @Test
  void anImpossibleLabelHasAnInfiniteLoss() {
    ClassificationMetrics found = ClassificationMetrics.of(new double[] {1, 0}, 2, new int[] {1});
    assertEquals(Double.POSITIVE_INFINITY, found.negativeLogLikelihood());
    assertEquals(2, found.brierScore());
  }

  @Test
  void oneClassIsAlwaysRight() {
    ClassificationMetrics found = ClassificationMetrics.of(new double[] {1, 1}, 1, new int[2]);
    assertEquals(1, found.accuracy());
    assertEquals(0, found.negativeLogLikelihood());
    assertEquals(0, found.brierScore());
    assertEquals(0, found.expectedCalibrationError());
  }

  @Test
  void refusesWhatIsNoPredictionAndNamesTheRow() {
    assertRefused(new double[] {.5, .5, Double.NaN, 1}, new int[2], "NaN in row 1, column 0");
    assertRefused(new double[] {.5, .5, -.1, 1.1}, new int[2], "-0.1 in row 1, column 0");
    assertRefused(new double[] {.5, .5, .5, .4}, new int[2], "sum to 0.9 in row 1");
    assertRefused(new double[] {.5, .5, 1, 0}, new int[] {0, 2}, "2 in row 1");
    assertRefused(new double[] {.5, .5, 1, 0}, new int[] {0, -1}, "-1 in row 1");
    assertRefused(new double[] {.5, .5, 1}, new int[2], "3 probabilities");
    assertRefused(new double[0], new int[0], "0 examples");
  }

  private static void assertRefused(double[] probabilities, int[] labels, String problem) {
    IllegalArgumentException refused =
        assertThrows(
            IllegalArgumentException.class,
            () -> ClassificationMetrics.of(probabilities, 2, labels));
    assertTrue(refused.getMessage().contains(problem), refused.getMessage());
  }
}
