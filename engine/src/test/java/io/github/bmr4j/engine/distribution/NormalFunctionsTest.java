package io.github.bmr4j.engine.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The tails of the normal distribution. */
class NormalFunctionsTest {

  @Test
  void quantileInvertsTheLogarithmOfTheProbability() {
    for (double z = -2_000; z < -50; z += 37.7) {
      assertEquals(
          z, NormalFunctions.quantileOfLogarithm(NormalFunctions.logCumulative(z)), -z * 1e-14);
    }
    for (double z = -50; z < 5; z += 0.013) {
      // An error of the logarithm shows in z divided by the hazard.
      double back = NormalFunctions.quantileOfLogarithm(NormalFunctions.logCumulative(z));
      double slope = Math.exp(NormalFunctions.logDensity(z) - NormalFunctions.logCumulative(z));
      assertEquals(z, back, 1e-14 * Math.abs(z) + 3e-16 / slope + 1e-15);
    }
  }

  @Test
  void quantileIsTheOtherQuantile() {
    for (double p = 1e-300; p < 1; p = p < 0.01 ? p * 1.7 : p + 0.00731) {
      double z = SpecialFunctions.normalQuantile(p);
      assertEquals(z, NormalFunctions.quantile(p, 1 - p), 2e-14 * Math.abs(z) + 1e-16);
    }
  }

  @Test
  void intervalsAddUp() {
    for (double from = -45; from < 45; from += 0.71) {
      for (double width : new double[] {1e-7, 1e-4, 0.003, 0.02, 0.3, 1, 7}) {
        double whole = NormalFunctions.logInterval(from, from + width);
        double left = NormalFunctions.logInterval(from, from + 0.4 * width);
        double right = NormalFunctions.logInterval(from + 0.4 * width, from + width);
        double sum = Math.max(left, right) + Math.log1p(Math.exp(-Math.abs(left - right)));
        // The ends themselves are rounded.
        double rounding = 1e-15 * Math.abs(from) * (Math.abs(from) + 1 / width);
        assertEquals(whole, sum, 1e-13 * Math.abs(whole) + rounding, from + " + " + width);
      }
    }
  }

  @Test
  void hazardAndItsFraction() {
    for (double z = 3; z < 1e6; z *= 1.3) {
      assertEquals(1, (z + NormalFunctions.hazardExcess(z)) / NormalFunctions.hazard(z), 3e-15);
    }
    // E[X | X > z] = h(z) for all z: at 0 it is √(2/π).
    assertEquals(Math.sqrt(2 / Math.PI), NormalFunctions.hazard(0), 1e-15);
    assertEquals(
        Math.exp(-2) / Math.sqrt(2 * Math.PI) / SpecialFunctions.normalCumulative(2),
        NormalFunctions.hazard(-2),
        1e-16);
    // h − z = z⁻¹ − 2z⁻³ + 10z⁻⁵ − 74z⁻⁷ + …
    double r = 1e-4;
    assertEquals(1, NormalFunctions.hazardExcess(1e2) / (1e-2 * (1 - 2 * r + 10 * r * r)), 1e-10);
  }

  @Test
  void domains() {
    assertThrows(IllegalArgumentException.class, () -> NormalFunctions.logInterval(1, 0));
    assertThrows(IllegalArgumentException.class, () -> NormalFunctions.logInterval(Double.NaN, 0));
    assertThrows(IllegalArgumentException.class, () -> NormalFunctions.quantileOfLogarithm(0));
    assertEquals(Double.NEGATIVE_INFINITY, NormalFunctions.logInterval(2, 2));
  }
}
