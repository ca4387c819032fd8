package io.github.bmr4j.cli.picture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class AxisTest {

  private static List<String> texts(Axis axis) {
    return axis.ticks().stream().map(Axis.Tick::text).toList();
  }

  @Test
  void ticksAreRound() {
    assertEquals(List.of("0.0", "0.2", "0.4", "0.6", "0.8", "1.0"), texts(Axis.of("", 0, 1)));
    assertEquals(List.of("\u221220", "0", "20", "40", "60"), texts(Axis.of("", -23, 67)));
    assertEquals(List.of("0", "2,000", "4,000", "6,000", "8,000"), texts(Axis.of("", 0, 9_500)));
    assertEquals(
        List.of("0.950", "0.952", "0.954"), texts(Axis.of("", 0.9487, 0.9634)).subList(0, 3));
  }

  @Test
  void ticksLieInsideAndAreNeitherFewNorMany() {
    for (double width = 1e-5; width < 1e8; width *= 1.7) {
      Axis axis = Axis.of("", -0.3 * width, 0.7 * width);
      List<Axis.Tick> ticks = axis.ticks();
      assertTrue(ticks.size() >= 2 && ticks.size() <= 9, width + ": " + ticks);
      for (Axis.Tick tick : ticks) {
        assertTrue(tick.value() >= axis.min() - 1e-9 * width, tick.toString());
        assertTrue(tick.value() <= axis.max() + 1e-9 * width, tick.toString());
      }
    }
  }

  @Test
  void logarithmicAxesHavePowersOfTen() {
    Axis axis = Axis.logarithmic("", 0.03, 250, Double.NaN, -1);
    assertEquals(List.of("0.01", "0.1", "1", "10", "100", "1,000"), texts(axis));
    assertEquals(0.4, axis.at(1), 1e-12);
    assertEquals(0, axis.at(-5), "what has no place is at the edge");
  }

  @Test
  void namesStandInTheMiddleOfTheirPlaces() {
    Axis axis = Axis.names("", List.of("a", "b"));
    assertEquals(List.of("a", "b"), texts(axis));
    assertEquals(0.25, axis.at(axis.ticks().getFirst().value()));
  }

  @Test
  void aRangeComesFromFiniteValues() {
    Axis axis = Axis.linear("", 2, Double.NaN, 4, Double.NEGATIVE_INFINITY);
    assertTrue(axis.min() < 2 && axis.min() > 1.8 && axis.max() > 4 && axis.max() < 4.2);
    assertTrue(Axis.linear("", 3, 3).min() < 3);
    assertEquals(1, Axis.linear("").max());
    assertThrows(IllegalArgumentException.class, () -> Axis.of("x", 1, 1));
    assertThrows(IllegalArgumentException.class, () -> new Axis("x", 0, 1, true, List.of()));
  }
}
