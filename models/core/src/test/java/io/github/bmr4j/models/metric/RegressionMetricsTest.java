package io.github.bmr4j.models.metric;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RegressionMetricsTest {

  @Test
  void agreesWithAHandComputedCase() {
    RegressionMetrics found =
        RegressionMetrics.of(new double[] {1, 2}, new double[] {1, 2}, new double[] {1, 6});
    assertEquals(2, found.targets());
    assertEquals(Math.sqrt(8), found.rootMeanSquareError(), 1e-15);
    assertEquals(2, found.meanAbsoluteError());
    double first = -0.9189385332046727; // −½ ln 2π
    double second = first - Math.log(2) - 2;
    assertEquals((first + second) / 2, found.logLikelihood(), 1e-15);
  }

  @Test
  void refusesWhatDoesNotFitAndNamesTheRow() {
    double[] two = {1, 2};
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      IllegalArgumentException refused =
          assertThrows(
              IllegalArgumentException.class,
              () -> RegressionMetrics.of(two, new double[] {1, bad}, two));
      assertTrue(refused.getMessage().contains("Row 1"), refused.getMessage());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> RegressionMetrics.of(new double[] {Double.NaN, 1}, two, two));
    assertThrows(
        IllegalArgumentException.class, () -> RegressionMetrics.of(two, two, new double[1]));
    assertThrows(
        IllegalArgumentException.class,
        () -> RegressionMetrics.of(new double[0], new double[0], new double[0]));
  }
}
