package io.github.bmr4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Rows of text in columns: the first column to the left, all others to the right. */
final class Table {

  private static final String GAP = "  ";

  private final List<List<String>> rows = new ArrayList<>();
  private final int columns;

  /**
   * @param header a cell for each column
   */
  Table(String... header) {
    columns = header.length;
    row(header);
  }

  /**
   * Adds a row.
   *
   * @param cells as many as the header has
   * @return this
   */
  Table row(String... cells) {
    if (cells.length != columns) {
      throw new IllegalArgumentException(
          "A row needs " + columns + " cells, but has " + cells.length + ": " + List.of(cells));
    }
    rows.add(List.of(cells));
    return this;
  }

  /**
   * Adds a row that compares a number of two results.
   *
   * @param name of the row
   * @param key of the number in both
   * @param digits after the point
   */
  void compare(String name, Map<?, ?> before, Map<?, ?> after, String key, int digits) {
    row(name, Numbers.fixed(before.get(key), digits), Numbers.fixed(after.get(key), digits));
  }

  /** The lines, each with its line end, without blanks before it. */
  @Override
  public String toString() {
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int c = 0; c < columns; c++) {
        widths[c] = Math.max(widths[c], width(row.get(c)));
      }
    }
    StringBuilder text = new StringBuilder();
    for (List<String> row : rows) {
      StringBuilder line = new StringBuilder();
      for (int c = 0; c < columns; c++) {
        String cell = row.get(c);
        int blanks = widths[c] - width(cell);
        line.append(c == 0 ? "" : GAP);
        line.repeat(' ', c == 0 ? 0 : blanks).append(cell).repeat(' ', c == 0 ? blanks : 0);
      }
      text.append(line.toString().stripTrailing()).append(System.lineSeparator());
    }
    return text.toString();
  }

  private static int width(String cell) {
    return cell.codePointCount(0, cell.length());
  }
}
