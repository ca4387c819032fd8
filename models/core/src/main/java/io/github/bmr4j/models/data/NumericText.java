package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Tables of numbers as plain text, as the UCI regression sets come: a row a line, numbers separated
 * by commas or blanks, no header. Blank lines are skipped.
 */
public final class NumericText {

  private static final Pattern SEPARATOR = Pattern.compile("\\s*,\\s*|\\s+");

  private NumericText() {}

  /**
   * Reads a table.
   *
   * @param file UTF-8 text
   * @param targets columns of the targets, from 0; negative ones count from the last, −1,
   *     backwards. All other columns are features
   * @throws InvalidFileException if a line has another number of columns than the first, a number
   *     is none or not finite, or there is no such column; names the line
   */
  public static Dataset read(Path file, int... targets) throws IOException {
    List<double[]> rows = new ArrayList<>();
    List<String> lines = Files.readAllLines(file);
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).strip();
      if (!line.isEmpty()) {
        rows.add(row(file, i + 1, line));
        int columns = rows.get(0).length;
        if (rows.getLast().length != columns) {
          throw bad(
              file,
              "line "
                  + (i + 1)
                  + ": expected "
                  + columns
                  + " columns as in the first row, but found "
                  + rows.getLast().length);
        }
      }
    }
    if (rows.isEmpty()) {
      throw bad(file, "expected rows of numbers, but found none");
    }
    boolean[] isTarget = targets(file, rows.get(0).length, targets);
    int t = targets.length;
    int d = isTarget.length - t;
    float[] features = new float[rows.size() * d];
    float[] wanted = new float[rows.size() * t];
    for (int i = 0; i < rows.size(); i++) {
      int feature = 0;
      for (int j = 0; j < isTarget.length; j++) {
        if (!isTarget[j]) {
          features[i * d + feature++] = (float) rows.get(i)[j];
        }
      }
      for (int k = 0; k < t; k++) {
        wanted[i * t + k] = (float) rows.get(i)[column(isTarget.length, targets[k])];
      }
    }
    String name = file.getFileName().toString();
    return Dataset.regression(
        name.replaceFirst("\\.[^.]*$", ""),
        InputShape.row(d),
        features,
        wanted,
        t,
        new Provenance(file.toAbsolutePath().toString(), "unknown", Map.of(name, Sha256.of(file))));
  }

  private static double[] row(Path file, int number, String line) {
    return Arrays.stream(SEPARATOR.split(line))
        .mapToDouble(
            cell -> {
              try {
                double value = Double.parseDouble(cell);
                if (Float.isFinite((float) value)) {
                  return value;
                }
              } catch (NumberFormatException notANumber) {
                // Reported below.
              }
              throw bad(file, "line " + number + ": expected a number, but found \"" + cell + "\"");
            })
        .toArray();
  }

  private static boolean[] targets(Path file, int columns, int... targets) {
    boolean[] isTarget = new boolean[columns];
    for (int target : targets) {
      int column = column(columns, target);
      if (column < 0 || column >= columns || isTarget[column]) {
        throw bad(
            file,
            "there are "
                + columns
                + " columns, of which the targets "
                + Arrays.toString(targets)
                + " cannot be taken");
      }
      isTarget[column] = true;
    }
    if (targets.length == 0 || targets.length >= columns) {
      throw bad(
          file,
          "there are "
              + columns
              + " columns; with "
              + targets.length
              + " targets there must be at least one of each, targets and features");
    }
    return isTarget;
  }

  private static int column(int columns, int target) {
    return target < 0 ? columns + target : target;
  }

  private static InvalidFileException bad(Path file, String problem) {
    return new InvalidFileException(file.toString(), -1, problem);
  }
}
