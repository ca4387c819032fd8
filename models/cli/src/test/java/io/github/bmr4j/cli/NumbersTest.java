package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class NumbersTest {

  @Test
  void countsAndShares() {
    assertEquals("1,189,510", Numbers.count(1_189_510));
    assertEquals("12.5 %", Numbers.percent(0.125));
    assertEquals("0.1235", Numbers.fixed(0.12349, 4));
    assertEquals("-1,234.5", Numbers.fixed(-1234.5, 1));
    assertEquals("+3.0", Numbers.signed(3, 1));
    assertEquals("1.5 MiB", Numbers.mebibytes(3 << 19));
  }

  @Test
  void whatIsNotFiniteIsADash() {
    assertEquals("-", Numbers.fixed(Double.NaN, 2));
    assertEquals("-", Numbers.signed(Double.NEGATIVE_INFINITY, 2));
    assertEquals("-", Numbers.percent(Double.POSITIVE_INFINITY));
    assertEquals("-", Numbers.clock(Double.NaN));
  }

  @Test
  void clocks() {
    assertEquals("0:00", Numbers.clock(0.2));
    assertEquals("0:07", Numbers.clock(7));
    assertEquals("1:00", Numbers.clock(59.7));
    assertEquals("59:59", Numbers.clock(3599));
    assertEquals("1:01:01", Numbers.clock(3661));
  }
}
