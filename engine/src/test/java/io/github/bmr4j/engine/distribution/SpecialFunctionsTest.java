package io.github.bmr4j.engine.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class SpecialFunctionsTest {

  private static final double RELATIVE = 1e-13;

  private static final Map<String, DoubleUnaryOperator> FUNCTIONS =
      Map.of(
          "lnGamma", SpecialFunctions::lnGamma,
          "digamma", SpecialFunctions::digamma,
          "trigamma", SpecialFunctions::trigamma,
          "softplus", SpecialFunctions::softplus,
          "softplusInverse", SpecialFunctions::softplusInverse,
          "logistic", SpecialFunctions::logistic,
          "logit", SpecialFunctions::logit);

  @Test
  void valuesComputedInFiftyDigits() throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    try (InputStream in = SpecialFunctionsTest.class.getResourceAsStream("special-functions.txt")) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (String line : text.lines().filter(l -> !l.startsWith("#")).toList()) {
        String[] fields = line.split(" ", -1);
        double x = Double.parseDouble(fields[1]);
        double expected = Double.parseDouble(fields[2]);
        double actual = FUNCTIONS.get(fields[0]).applyAsDouble(x);
        assertEquals(expected, actual, RELATIVE * Math.abs(expected), line);
        counts.merge(fields[0], 1, Integer::sum);
      }
    }
    assertEquals(FUNCTIONS.keySet(), counts.keySet());
    assertTrue(counts.values().stream().allMatch(n -> n >= 18), counts::toString);
  }

  @Test
  void inversesInvert() {
    for (double x = -30; x <= 30; x += 0.37) {
      // softplus'(x) = logistic(x) bounds what a rounding of softplus(x) does to x.
      double tolerance = 1e-14 * Math.max(1, Math.abs(x));
      assertEquals(x, SpecialFunctions.softplusInverse(SpecialFunctions.softplus(x)), tolerance);
      double p = SpecialFunctions.logistic(x);
      assertEquals(x, SpecialFunctions.logit(p), 4e-16 / (p * (1 - p)) + tolerance);
    }
  }

  @Test
  void refusesWhatIsOutsideTheDomain() {
    double[] bad = {0, -0.0, -1, Double.NaN, Double.POSITIVE_INFINITY};
    for (double x : bad) {
      assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.lnGamma(x));
      assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.digamma(x));
      assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.trigamma(x));
      assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.softplusInverse(x));
      assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.logit(x));
    }
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.logit(1));
    assertTrue(e.getMessage().contains("p = 1.0"), e.getMessage());
  }
}
