package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Table;
import io.github.bmr4j.models.data.TableFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import picocli.CommandLine.Option;

/** How the table in a file becomes a data set. */
final class TableOptions {

  @Option(
      names = "--target-column",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Column that is to be predicted, or several real ones (default: the last).")
  private List<String> targets = List.of();

  @Option(
      names = "--classes",
      description = "The target is a class, not a number, though it looks like one.")
  private boolean classes;

  @Option(
      names = "--categorical",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Columns of numbers that are names of classes.")
  private List<String> categorical = List.of();

  @Option(
      names = "--ignore",
      paramLabel = "COLUMNS",
      split = ",",
      description = "Columns that are no features.")
  private List<String> ignored = List.of();

  @Option(
      names = "--separator",
      paramLabel = "NAME",
      defaultValue = "comma",
      converter = Choice.Separator.class,
      completionCandidates = Choice.Separator.class,
      description = "Between cells: ${COMPLETION-CANDIDATES} (default: comma).")
  private TableFile.Separator separator;

  @Option(
      names = "--no-header",
      description = "The file's first line is data; columns are x1, x2, ….")
  private boolean noHeader;

  @Option(
      names = "--test-share",
      paramLabel = "SHARE",
      defaultValue = "0.1",
      description = "Share of the examples that is for testing (default: ${DEFAULT-VALUE}).")
  private double testShare;

  TableOptions() {}

  /** Share of the examples that is for testing. */
  double testShare() {
    return testShare;
  }

  /**
   * Reads all of a table.
   *
   * @param file that exists
   */
  Table readAll(Path file) throws IOException {
    return TableFile.read(file, new TableFile.Format(separator, !noHeader));
  }

  /** The column that is named as the target, or null. */
  String target() {
    return targets.isEmpty() ? null : targets.getFirst();
  }

  /**
   * Reads a table.
   *
   * @param file that exists
   * @throws IllegalArgumentException if it has not what the options say, or misses values
   */
  Table.Named read(Path file) throws IOException {
    Table all = readAll(file);
    Set<String> out = new HashSet<>(ignored);
    Table kept = out.isEmpty() ? all : all.without(out);
    List<String> wanted =
        targets.isEmpty() ? List.of(kept.columns().get(kept.columns().size() - 1)) : targets;
    Set<String> names = new HashSet<>(categorical);
    boolean named = wanted.size() == 1 && kept.isWithoutNumbers(wanted.getFirst());
    if (!classes && !named) {
      return kept.regression(wanted, names);
    }
    if (wanted.size() > 1) {
      throw new InputException(
          "--classes goes with one --target-column, but there are " + String.join(", ", wanted));
    }
    return kept.classification(wanted.get(0), names);
  }
}
