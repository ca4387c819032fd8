package io.github.bmr4j.cli.picture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ChartTest {

  private static final Axis UNIT = Axis.of("x", 0, 1);

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  @Test
  void aLineGoesThroughItsPointsAndStopsWhereThereIsNone() {
    double[] x = {0, 0.25, 0.5, 0.75, 1};
    double[] y = {0, 1, Double.NaN, 0.5, 0.5};
    String svg = new Chart("t", UNIT, Axis.of("y", 0, 1)).line("a & b", x, y).svg();
    Matcher path = Pattern.compile("class=\"s0 line\" d=\"([^\"]*)\"").matcher(svg);
    assertTrue(path.find(), svg);
    // 420 by 270 with margins of 58, 12, 30 and 44.
    assertEquals("M58 226L145.5 30M320.5 128L408 128", path.group(1));
    assertEquals(4, count(svg, "<circle"), "a mark for each finite point");
    assertTrue(svg.contains("a &amp; b"), "legend");
  }

  @Test
  void barsStandOnTheAxisAndEmptyOnesAreNotDrawn() {
    Chart chart =
        new Chart("t", Axis.of("x", 0, 4), new Axis("y", 0.5, 50, true, List.of()))
            .bars("b", new double[] {0, 1, 2, 3, 4}, new double[] {5, 0, 0.5, 50});
    String svg = chart.svg();
    assertEquals(2, count(svg, "class=\"s0 bar\""), svg);
    assertTrue(svg.contains("y=\"128\" width=\"87\" height=\"98\""), svg);
    assertTrue(svg.contains("y=\"30\" width=\"87\" height=\"196\""), svg);
  }

  @Test
  void eachSeriesHasItsColourAndTheDiagonalNone() {
    double[] x = {0, 1};
    String svg = new Chart("t", UNIT, UNIT).diagonal().line("a", x, x).dashed("b", x, x).svg();
    assertTrue(svg.contains("class=\"s0 line\""), svg);
    assertTrue(svg.contains("class=\"s1 line dashed\""), svg);
    assertTrue(svg.contains("class=\"grid dashed\""), svg);
    assertEquals(2, count(svg, " key\""), "two in the legend");
  }

  @Test
  void whatDoesNotFitIsRefused() {
    Chart chart = new Chart("t", UNIT, UNIT);
    assertThrows(
        IllegalArgumentException.class, () -> chart.line("a", new double[2], new double[3]));
    assertThrows(
        IllegalArgumentException.class, () -> chart.bars("a", new double[2], new double[2]));
  }

  @Test
  void histogramsCountEverythingOnce() {
    Histogram histogram = Histogram.between(-1, 1, 4);
    for (double value : new double[] {-9, -1, -0.5, -0.4, 0, 0.99, 1, 7}) {
      histogram.add(value);
    }
    assertArrayEquals(new double[] {2, 2, 1, 3}, histogram.counts());
    assertThrows(IllegalArgumentException.class, () -> histogram.add(Double.NaN));
    assertEquals(3, Histogram.quantile(new double[] {5, 3, 1}, 0.5));
  }
}
