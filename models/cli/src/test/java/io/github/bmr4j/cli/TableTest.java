package io.github.bmr4j.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class TableTest {

  @Test
  void firstColumnToTheLeftOthersToTheRight() {
    Table table = new Table("", "before", "after").row("NLL", "1.25", "-").row("weights", "9", "8");
    String expected =
        """
                 before  after
        NLL        1.25      -
        weights       9      8
        """;
    assertEquals(expected, table.toString().replace(System.lineSeparator(), "\n"));
  }

  @Test
  void noBlanksAtTheEndOfALine() {
    Table table = new Table("a", "b").row("longer", "").row("", "");
    assertTrue(table.toString().lines().allMatch(line -> line.equals(line.stripTrailing())));
    assertEquals(3, table.toString().lines().count());
  }

  @Test
  void charactersOutsideTheBasicPlaneAreOneColumn() {
    Table table = new Table("\uD835\uDEE5", "x").row("y", "z");
    assertEquals("\uD835\uDEE5  x", table.toString().lines().findFirst().orElseThrow());
  }

  @Test
  void aRowOfAnotherLengthIsRefusedWithBothNumbers() {
    Table table = new Table("a", "b");
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> table.row("1", "2", "3"));
    assertTrue(refused.getMessage().contains("2 cells"), refused.getMessage());
    assertTrue(refused.getMessage().contains("3"), refused.getMessage());
  }
}
