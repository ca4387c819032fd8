package io.github.bmr4j.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.openjdk.jmh.results.BenchmarkResult;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;

/**
 * Results as a Markdown table with scalar, SIMD and OpenCL side by side: medians over the
 * iterations, which one disturbed iteration does not move, in units of the work done where a
 * benchmark counts it.
 */
final class PairTable {

  /** What the names of benchmarks end with, and the headings of their columns. */
  private enum Column {
    SCALAR("Scalar", "scalar"),
    SIMD("Simd", "SIMD"),
    OPENCL("OpenCl", "OpenCL");

    private final String ending;
    private final String heading;

    Column(String ending, String heading) {
      this.ending = ending;
      this.heading = heading;
    }

    /** SIMD where the name ends like none: what has no pair. */
    static Column of(String method) {
      return Arrays.stream(values())
          .filter(column -> method.endsWith(column.ending))
          .findFirst()
          .orElse(SIMD);
    }
  }

  /** Units of the work, by the name of its counter. */
  private static final Map<String, String> UNITS =
      Map.of("gflop", "GFLOP/s", "gigabytes", "GB/s", "elements", "ns/element");

  /** A line: an operation on given parameters. */
  private static final class Line {

    private String unit;
    private boolean isRate;
    private final Map<Column, Double> medians = new EnumMap<>(Column.class);

    private double median(Column column) {
      return medians.getOrDefault(column, Double.NaN);
    }

    /** How many times faster SIMD is. */
    private double ratio() {
      double simd = median(Column.SIMD);
      double scalar = median(Column.SCALAR);
      return isRate ? simd / scalar : scalar / simd;
    }
  }

  private PairTable() {}

  /** The table, a line of it an element. */
  static List<String> of(Collection<RunResult> results) {
    Map<String, Line> lines = new TreeMap<>();
    for (RunResult result : results) {
      String method = method(result);
      Column column = Column.of(method);
      String operation =
          method.endsWith(column.ending)
              ? method.substring(0, method.length() - column.ending.length())
              : method;
      Line line = lines.computeIfAbsent(operation + " | " + parameters(result), key -> new Line());
      Set<String> counters = iterations(result).get(0).getSecondaryResults().keySet();
      String counter = counters.stream().filter(UNITS::containsKey).findFirst().orElse(null);
      line.unit = counter == null ? result.getPrimaryResult().getScoreUnit() : UNITS.get(counter);
      line.isRate = line.unit.endsWith("/s");
      line.medians.put(column, median(result, counter));
    }
    return print(lines);
  }

  private static List<String> print(Map<String, Line> lines) {
    boolean hasDevice =
        lines.values().stream().anyMatch(line -> line.medians.containsKey(Column.OPENCL));
    List<Column> columns =
        Arrays.stream(Column.values()).filter(c -> hasDevice || c != Column.OPENCL).toList();
    List<String> table = new ArrayList<>();
    List<String> headings = new ArrayList<>(List.of("operation", "parameters"));
    columns.forEach(column -> headings.add(column.heading));
    headings.addAll(List.of("unit", "SIMD is times faster"));
    table.add("| " + String.join(" | ", headings) + " |");
    table.add("|---|---|" + "---:|".repeat(columns.size()) + "---|---:|");
    lines.forEach(
        (name, line) -> {
          List<String> cells = new ArrayList<>(List.of(name));
          columns.forEach(column -> cells.add(number(line.median(column))));
          cells.addAll(List.of(line.unit, number(line.ratio())));
          table.add("| " + String.join(" | ", cells) + " |");
        });
    return table;
  }

  private static String method(RunResult result) {
    String name = result.getParams().getBenchmark();
    return name.substring(name.lastIndexOf('.', name.lastIndexOf('.') - 1) + 1)
        .replace("Benchmark.", ".");
  }

  /** Without the threads, which the scalar back end does not have. */
  private static String parameters(RunResult result) {
    List<String> values = new ArrayList<>();
    for (String key : result.getParams().getParamsKeys()) {
      if (!key.equals("threads")) {
        values.add(key + " " + result.getParams().getParam(key));
      }
    }
    return String.join(", ", values);
  }

  private static List<IterationResult> iterations(RunResult result) {
    List<IterationResult> iterations = new ArrayList<>();
    for (BenchmarkResult fork : result.getBenchmarkResults()) {
      iterations.addAll(fork.getIterationResults());
    }
    return iterations;
  }

  private static double median(RunResult result, String counter) {
    double[] scores =
        iterations(result).stream().mapToDouble(i -> score(i, counter)).sorted().toArray();
    int middle = scores.length / 2;
    return scores.length % 2 == 1 ? scores[middle] : (scores[middle - 1] + scores[middle]) / 2;
  }

  private static double score(IterationResult iteration, String counter) {
    return counter == null
        ? iteration.getPrimaryResult().getScore()
        : iteration.getSecondaryResults().get(counter).getScore();
  }

  /** Three significant digits; a dash for what was not run. */
  private static String number(double value) {
    if (Double.isNaN(value)) {
      return "–";
    }
    int decimals = value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }
}
