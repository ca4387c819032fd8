package io.github.bmr4j.models.pruning;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Knees of curves that have one, or none. */
class KneePointTest {

  @Test
  void aCornerIsTheKnee() {
    double[] compression = new double[101];
    double[] accuracy = new double[101];
    for (int corner = 10; corner < 95; corner += 17) {
      for (int i = 0; i <= 100; i++) {
        compression[i] = i / 100.0;
        accuracy[i] = i <= corner ? 0.95 : 0.95 - 0.85 * (i - corner) / (100 - corner);
      }
      assertEquals(corner, KneePoint.of(compression, accuracy));
    }
  }

  /** Of 1 − x^p the tangent is parallel to the chord at x = p^(−1/(p−1)). */
  @Test
  void aSmoothCurve() {
    double[] x = new double[1_001];
    double[] y = new double[1_001];
    for (double power : new double[] {2, 5, 20}) {
      for (int i = 0; i <= 1_000; i++) {
        x[i] = i / 1_000.0;
        y[i] = 1 - Math.pow(x[i], power);
      }
      assertEquals(Math.pow(power, -1 / (power - 1)), x[KneePoint.of(x, y)], 1.1e-3);
    }
  }

  @Test
  void straightLinesAndPlainsHaveNone() {
    double[] x = {0, 0.25, 0.5, 1};
    assertEquals(-1, KneePoint.of(x, new double[] {1, 0.75, 0.5, 0}));
    assertEquals(-1, KneePoint.of(x, new double[] {1, 1, 1, 1}));
    assertEquals(-1, KneePoint.of(x, new double[] {1, 0.2, 0.1, 0}));
  }

  @Test
  void domain() {
    double[] two = {0, 1};
    double[] falling = {0, 0.6, 0.5};
    double[] y = {1, 1, 0};
    double[] broken = {1, Double.NaN, 0};
    double[] x = {0, 0.5, 1};
    assertThrows(IllegalArgumentException.class, () -> KneePoint.of(two, two));
    assertThrows(IllegalArgumentException.class, () -> KneePoint.of(falling, y));
    assertThrows(IllegalArgumentException.class, () -> KneePoint.of(x, broken));
  }

  /** The chord from (2, 0.9) to (4, 0.1) lies 0.2 and 0.3 below the two points between. */
  @Test
  void axesNeedNotBeginAtZero() {
    assertEquals(2, KneePoint.of(new double[] {2, 2.5, 3, 4}, new double[] {0.9, 0.9, 0.8, 0.1}));
    assertEquals(1, KneePoint.of(new double[] {-4, -3.5, -3, -2}, new double[] {-1, -1, -1.6, -3}));
  }

  @Test
  void ofTwoEquallyFarTheLastIsTheKnee() {
    double[] x = {0, 0.25, 0.5, 0.75, 1};
    assertEquals(2, KneePoint.of(x, new double[] {1, 1, 0.75, 0.25, 0}));
  }

  @Test
  void pointsOfOneCompression() {
    double[] three = {1, 1, 1};
    assertEquals(1, KneePoint.of(three, new double[] {0.5, 0.9, 0.5}));
    assertEquals(-1, KneePoint.of(three, new double[] {0.5, 0.1, 0.5}));
    assertThrows(IllegalArgumentException.class, () -> KneePoint.of(three, new double[4]));
  }
}
