package io.github.bmr4j.engine.distribution;

import static java.util.Map.entry;
import static java.util.stream.Collectors.counting;
import static java.util.stream.Collectors.groupingBy;
import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The special functions against values that were computed with 60 digits. */
class SpecialFunctionsTest {

  private static final double TOLERANCE = 1e-14;

  private static final Map<String, DoubleUnaryOperator> FUNCTIONS =
      Map.ofEntries(
          entry("lnGamma", SpecialFunctions::lnGamma),
          entry("digamma", SpecialFunctions::digamma),
          entry("trigamma", SpecialFunctions::trigamma),
          entry("logarithmGap", SpecialFunctions::logarithmGap),
          entry("log1mExp", SpecialFunctions::log1mExp),
          entry("softplus", SpecialFunctions::softplus),
          entry("softplusInverse", SpecialFunctions::softplusInverse),
          entry("logistic", SpecialFunctions::logistic),
          entry("logLogistic", SpecialFunctions::logLogistic),
          entry("logit", SpecialFunctions::logit),
          entry("erfc", SpecialFunctions::erfc),
          entry("scaledErfc", SpecialFunctions::scaledErfc),
          entry("normalCumulative", SpecialFunctions::normalCumulative),
          entry("normalQuantile", SpecialFunctions::normalQuantile));

  private record Row(String function, double argument, double value) {}

  private static List<Row> rows() throws IOException {
    List<Row> rows = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                SpecialFunctionsTest.class.getResourceAsStream("special-functions.csv"),
                StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        if (!line.startsWith("#")) {
          String[] cells = line.split(",", -1);
          rows.add(new Row(cells[0], Double.parseDouble(cells[1]), Double.parseDouble(cells[2])));
        }
      }
    }
    return rows;
  }

  /**
   * What a rounding of the argument alone costs: Φ(z) scales z by √½ first, which in the far tail
   * moves it by z² units in the last place.
   */
  private static double conditioning(String function, double x) {
    return switch (function) {
      case "normalCumulative" -> x * x * 0x1p-52;
      default -> 0;
    };
  }

  @Test
  void agreesWithSixtyDigits() throws IOException {
    List<String> wrong = new ArrayList<>();
    for (Row row : rows()) {
      double actual = FUNCTIONS.get(row.function).applyAsDouble(row.argument);
      double error = Math.abs(actual - row.value);
      double bound = (TOLERANCE + conditioning(row.function, row.argument)) * Math.abs(row.value);
      if (!(error <= bound + Double.MIN_NORMAL)) {
        wrong.add(row + " but was " + actual + ", relative error " + error / Math.abs(row.value));
      }
    }
    assertTrue(wrong.isEmpty(), () -> String.join("\n", wrong));
  }

  @Test
  void everyFunctionHasValues() throws IOException {
    Map<String, Long> counts = rows().stream().collect(groupingBy(Row::function, counting()));
    assertEquals(new TreeSet<>(FUNCTIONS.keySet()), new TreeSet<>(counts.keySet()));
    counts.forEach((name, count) -> assertTrue(count >= 8, name + " has only " + count));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.0, -0.0, -1.5, Double.NaN, Double.POSITIVE_INFINITY})
  void refusesWhatIsNotPositive(double x) {
    assertAll(
        () -> assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.lnGamma(x)),
        () -> assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.digamma(x)),
        () -> assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.trigamma(x)),
        () ->
            assertThrows(
                IllegalArgumentException.class, () -> SpecialFunctions.softplusInverse(x)));
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.0, 1.0, -0.5, 1.5, Double.NaN})
  void refusesWhatIsNoProbability(double p) {
    assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.logit(p));
    assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.normalQuantile(p));
  }

  @Test
  void refusalNamesFunctionArgumentAndValue() {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.digamma(-2.5));
    assertTrue(refusal.getMessage().contains("digamma"), refusal.getMessage());
    assertTrue(refusal.getMessage().contains("x = -2.5"), refusal.getMessage());
    assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.log1mExp(1e-9));
    assertThrows(IllegalArgumentException.class, () -> SpecialFunctions.log1mExp(Double.NaN));
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
  void limits() {
    assertEquals(Double.NEGATIVE_INFINITY, SpecialFunctions.log1mExp(0));
    assertEquals(Double.POSITIVE_INFINITY, SpecialFunctions.logarithmGap(-1));
    assertEquals(0, SpecialFunctions.logarithmGap(0));
    assertEquals(0, SpecialFunctions.erfc(40));
    assertEquals(2, SpecialFunctions.erfc(-40));
    assertEquals(0, SpecialFunctions.normalQuantile(0.5), 1e-16);
    assertTrue(Double.isNaN(SpecialFunctions.erfc(Double.NaN)));
    assertTrue(Double.isNaN(SpecialFunctions.scaledErfc(Double.NaN)));
    assertTrue(Double.isNaN(SpecialFunctions.softplus(Double.NaN)));
    assertTrue(Double.isNaN(SpecialFunctions.logistic(Double.NaN)));
  }

  /** The recurrences, over many arguments that are in no table; seed 7. */
  @Test
  void recurrencesHold() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 2_000; i++) {
      double x = Math.exp(random.nextDouble(-6, 9));
      double lnGamma = SpecialFunctions.lnGamma(x);
      assertEquals(
          SpecialFunctions.lnGamma(x + 1),
          lnGamma + Math.log(x),
          4e-15 * (1 + Math.abs(lnGamma) + x),
          () -> "lnGamma at " + x);
      double digamma = SpecialFunctions.digamma(x);
      assertEquals(
          SpecialFunctions.digamma(x + 1),
          digamma + 1 / x,
          4e-15 * (1 + Math.abs(digamma)),
          () -> "digamma at " + x);
      double trigamma = SpecialFunctions.trigamma(x);
      assertEquals(
          SpecialFunctions.trigamma(x + 1),
          trigamma - 1 / (x * x),
          4e-15 * (1 + trigamma),
          () -> "trigamma at " + x);
    }
  }
}
