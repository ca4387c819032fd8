package io.github.bmr4j.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The results of a study, a row for each configuration: mean ± standard deviation over seeds. */
final class StudyTable {

  private final Map<Map<String, String>, List<StudyLog.Entry>> rows = new LinkedHashMap<>();

  private final Predicate<String> shown;

  /**
   * @param entries of the runs, in their order
   * @param shown which columns of results
   */
  StudyTable(List<StudyLog.Entry> entries, Predicate<String> shown) {
    this.shown = shown;
    for (StudyLog.Entry entry : entries) {
      rows.computeIfAbsent(entry.labels(), labels -> new ArrayList<>()).add(entry);
    }
  }

  /** In columns, for a terminal; one table for each set of columns. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    Map<Set<String>, List<Map<String, String>>> groups = new LinkedHashMap<>();
    for (Map<String, String> labels : rows.keySet()) {
      Set<String> columns = new LinkedHashSet<>(rows.get(labels).get(0).values().keySet());
      columns.removeIf(shown.negate());
      groups.computeIfAbsent(columns, key -> new ArrayList<>()).add(labels);
    }
    groups.forEach(
        (columns, members) -> {
          List<String> header = new ArrayList<>(members.get(0).keySet());
          header.add("seeds");
          header.addAll(columns);
          header.add("seconds");
          Table table = new Table(header.toArray(new String[0]));
          for (Map<String, String> labels : members) {
            table.row(cells(labels, columns).toArray(new String[0]));
          }
          text.append(text.isEmpty() ? "" : System.lineSeparator()).append(table);
        });
    return text.toString();
  }

  private List<String> cells(Map<String, String> labels, Set<String> columns) {
    List<StudyLog.Entry> entries = rows.get(labels);
    List<String> cells = new ArrayList<>(labels.values());
    cells.add(String.valueOf(entries.size()));
    for (String column : columns) {
      cells.add(
          spread(
              entries.stream()
                  .mapToDouble(e -> e.values().getOrDefault(column, Double.NaN))
                  .toArray()));
    }
    cells.add(spread(entries.stream().mapToDouble(StudyLog.Entry::seconds).toArray()));
    return cells;
  }

  /** {@code 12.3 ± 0.4}, with as many digits as say something. */
  static String spread(double... values) {
    double mean = 0;
    for (double value : values) {
      mean += value / values.length;
    }
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    int digits = Math.abs(mean) >= 100 ? 1 : Math.abs(mean) >= 10 ? 2 : 3;
    String text = Numbers.fixed(mean, digits);
    if (values.length < 2 || !Double.isFinite(mean)) {
      return text;
    }
    double deviation = Math.sqrt(squares / (values.length - 1));
    return text + " ± " + String.format(Locale.ROOT, "%." + digits + "f", deviation);
  }
}
