package io.github.bmr4j.models.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/**
 * A table of cells with named columns, as a file has it, and how it becomes a data set: one column
 * is the target, the others are features; a categorical column becomes one feature of 0 and 1 for
 * each of its values ({@code column=value}). Missing values are refused, never filled in.
 */
public final class Table {

  /** What stands for a missing value, apart from nothing at all. */
  private static final Set<String> MISSING = Set.of("na", "n/a", "nan", "null", "none", "?");

  /** No backtracking: each character can be read in one way only. */
  private static final Pattern DECIMAL =
      Pattern.compile("[+-]?(?:\\d++(?:\\.\\d*+)?|\\.\\d++|Infinity)(?:[eE][+-]?\\d++)?");

  /** More different values than a column of classes or indicators can have in earnest. */
  private static final int MOST_VALUES = 1_000;

  private final String name;
  private final List<String> columns;
  private final List<List<String>> rows;
  private final List<Integer> lines;
  private final Provenance provenance;

  /**
   * A data set whose features have names.
   *
   * @param dataset the examples
   * @param features a name for each feature
   * @param targets a name for each real target, or for the classes
   */
  public record Named(Dataset dataset, List<String> features, List<String> targets) {

    /** Checks that each feature has a name. */
    public Named {
      features = List.copyOf(features);
      targets = List.copyOf(targets);
      if (features.size() != dataset.inputShape().size()) {
        throw new IllegalArgumentException(
            dataset
                + " has "
                + dataset.inputShape().size()
                + " features, but "
                + features.size()
                + " names");
      }
    }
  }

  Table(
      String name,
      List<String> columns,
      List<List<String>> rows,
      List<Integer> lines,
      Provenance provenance) {
    this.name = name;
    this.columns = List.copyOf(columns);
    this.rows = List.copyOf(rows);
    this.lines = List.copyOf(lines);
    this.provenance = provenance;
  }

  /** The columns' names. */
  public List<String> columns() {
    return columns;
  }

  /** Number of rows. */
  public int size() {
    return rows.size();
  }

  /**
   * The table without some columns.
   *
   * @param names of those that are to go
   * @throws IllegalArgumentException if there is no such column
   */
  public Table without(Set<String> names) {
    names.forEach(this::column);
    List<Integer> kept = new ArrayList<>();
    for (int j = 0; j < columns.size(); j++) {
      if (!names.contains(columns.get(j))) {
        kept.add(j);
      }
    }
    return new Table(
        name,
        kept.stream().map(columns::get).toList(),
        rows.stream().map(row -> kept.stream().map(row::get).toList()).toList(),
        lines,
        provenance);
  }

  /**
   * A regression data set.
   *
   * @param targets the columns of the real targets, in the order wanted
   * @param categorical columns of numbers that are names of classes; columns without any number are
   *     categorical in any case
   * @throws IllegalArgumentException if there is no such column, a value is missing, or a cell is
   *     no number where the column's others are; names line and column
   */
  public Named regression(List<String> targets, Set<String> categorical) {
    Set<Integer> out = new LinkedHashSet<>();
    targets.forEach(target -> out.add(column(target)));
    requireFeatures(out);
    float[] wanted = new float[Math.multiplyExact(size(), out.size())];
    int at = 0;
    for (int i = 0; i < size(); i++) {
      for (int t : out) {
        wanted[at++] = number(i, t);
      }
    }
    Features features = features(out, categorical);
    return new Named(
        Dataset.regression(
            name,
            InputShape.row(features.names.size()),
            features.values,
            wanted,
            out.size(),
            provenance),
        features.names,
        out.stream().map(columns::get).toList());
  }

  /**
   * A classification data set; the classes are the target's values, numbers in their order, others
   * by the alphabet.
   *
   * @param target the column of the classes
   * @param categorical as in {@link #regression}
   * @throws IllegalArgumentException as in {@link #regression}
   */
  public Named classification(String target, Set<String> categorical) {
    int t = column(target);
    requireFeatures(Set.of(t));
    List<String> classes = values(t);
    Map<String, Integer> index = new HashMap<>();
    classes.forEach(value -> index.put(value, index.size()));
    int[] labels = new int[size()];
    for (int i = 0; i < size(); i++) {
      labels[i] = index.get(cell(i, t));
    }
    Features features = features(Set.of(t), categorical);
    return new Named(
        Dataset.classification(
            name,
            InputShape.row(features.names.size()),
            features.values,
            labels,
            classes,
            provenance),
        features.names,
        List.of(target));
  }

  /**
   * The features of rows that a data set of an earlier table had, by their names; columns that are
   * none of them do not matter.
   *
   * @param names of columns of numbers, or {@code column=value} for an indicator
   * @return [rows, names], row-major
   * @throws IllegalArgumentException if a column is not there, a value is missing, or a cell has
   *     none of its column's known values; names line and column
   */
  public float[] features(List<String> names) {
    float[] values = new float[Math.multiplyExact(size(), names.size())];
    for (int k = 0; k < names.size(); k++) {
      String name = names.get(k);
      int equals = name.indexOf('=');
      if (columns.contains(name) || equals < 0) {
        int j = column(name);
        for (int i = 0; i < size(); i++) {
          values[i * names.size() + k] = number(i, j);
        }
      } else {
        String prefix = name.substring(0, equals + 1);
        int j = column(name.substring(0, equals));
        for (int i = 0; i < size(); i++) {
          String cell = cell(i, j);
          if (!names.contains(prefix + cell)) {
            throw unknown(cell, i, j, names.stream().filter(n -> n.startsWith(prefix)).toList());
          }
          values[i * names.size() + k] = name.equals(prefix + cell) ? 1 : 0;
        }
      }
    }
    return values;
  }

  /**
   * The rows' classes, by the names that they had in an earlier table.
   *
   * @param target the column of the classes
   * @param classes their names
   * @throws IllegalArgumentException if there is no such column, or a cell has another value; names
   *     line and column
   */
  public int[] labels(String target, List<String> classes) {
    int t = column(target);
    int[] labels = new int[size()];
    for (int i = 0; i < size(); i++) {
      labels[i] = classes.indexOf(cell(i, t));
      if (labels[i] < 0) {
        throw unknown(cell(i, t), i, t, classes);
      }
    }
    return labels;
  }

  /**
   * Real targets.
   *
   * @param names of their columns, in the order wanted
   * @return [rows, names], row-major
   * @throws IllegalArgumentException as in {@link #regression}
   */
  public float[] targets(List<String> names) {
    int[] wanted = names.stream().mapToInt(this::column).toArray();
    float[] values = new float[Math.multiplyExact(size(), wanted.length)];
    for (int i = 0; i < size(); i++) {
      for (int k = 0; k < wanted.length; k++) {
        values[i * wanted.length + k] = number(i, wanted[k]);
      }
    }
    return values;
  }

  /**
   * Whether no cell of a column is a number, so that it can only have names of classes.
   *
   * @param name of the column
   * @throws IllegalArgumentException if there is no such column
   */
  public boolean isWithoutNumbers(String name) {
    return isWithoutNumbers(column(name));
  }

  /** Where the rows are from. */
  public Provenance provenance() {
    return provenance;
  }

  private IllegalArgumentException unknown(String cell, int i, int j, List<String> known) {
    return new IllegalArgumentException(
        name
            + " has '"
            + cell
            + "' in line "
            + lines.get(i)
            + ", column '"
            + columns.get(j)
            + "', but known are "
            + String.join(", ", known));
  }

  private record Features(List<String> names, float[] values) {}

  private Features features(Set<Integer> targets, Set<String> categorical) {
    categorical.forEach(this::column);
    List<String> names = new ArrayList<>();
    List<float[]> values = new ArrayList<>();
    for (int j = 0; j < columns.size(); j++) {
      if (targets.contains(j)) {
        continue;
      }
      if (categorical.contains(columns.get(j)) || isWithoutNumbers(j)) {
        for (String value : values(j)) {
          names.add(columns.get(j) + "=" + value);
          float[] indicator = new float[size()];
          for (int i = 0; i < size(); i++) {
            indicator[i] = cell(i, j).equals(value) ? 1 : 0;
          }
          values.add(indicator);
        }
      } else {
        names.add(columns.get(j));
        float[] numbers = new float[size()];
        for (int i = 0; i < size(); i++) {
          numbers[i] = number(i, j);
        }
        values.add(numbers);
      }
    }
    float[] rowMajor = new float[Math.multiplyExact(size(), names.size())];
    for (int i = 0; i < size(); i++) {
      for (int k = 0; k < names.size(); k++) {
        rowMajor[i * names.size() + k] = values.get(k)[i];
      }
    }
    return new Features(names, rowMajor);
  }

  private boolean isWithoutNumbers(int j) {
    for (int i = 0; i < size(); i++) {
      if (isNumber(cell(i, j))) {
        return false;
      }
    }
    return true;
  }

  private List<String> values(int j) {
    Set<String> values = new TreeSet<>();
    for (int i = 0; i < size(); i++) {
      values.add(cell(i, j));
      if (values.size() > MOST_VALUES) {
        throw new IllegalArgumentException(
            name
                + " has more than "
                + MOST_VALUES
                + " different values in column '"
                + columns.get(j)
                + "' up to line "
                + lines.get(i)
                + ", too many for classes or indicators; leave the column out, or mend what is no"
                + " number in it");
      }
    }
    List<String> ordered = new ArrayList<>(values);
    if (ordered.stream().allMatch(Table::isNumber)) {
      ordered.sort(Comparator.comparingDouble(Double::parseDouble));
    }
    return ordered;
  }

  private String cell(int i, int j) {
    String cell = rows.get(i).get(j);
    if (cell.isBlank() || MISSING.contains(cell.toLowerCase(Locale.ROOT))) {
      throw new IllegalArgumentException(
          name
              + " has no value in line "
              + lines.get(i)
              + ", column '"
              + columns.get(j)
              + "' (it reads '"
              + cell
              + "'); take the row or the column out, or fill it in");
    }
    return cell;
  }

  private float number(int i, int j) {
    String cell = cell(i, j);
    float value = isNumber(cell) ? Float.parseFloat(cell) : Float.NaN;
    if (!Float.isFinite(value)) {
      throw new IllegalArgumentException(
          name
              + " has '"
              + cell
              + "' in line "
              + lines.get(i)
              + ", column '"
              + columns.get(j)
              + "', where a finite number is expected; if the column has names of classes, say that"
              + " it is categorical");
    }
    return value;
  }

  /** Decimal, or what says of itself that it is not finite; not Java's 1f, 2d and 0x1p3. */
  private static boolean isNumber(String cell) {
    return DECIMAL.matcher(cell).matches();
  }

  private int column(String wanted) {
    int j = columns.indexOf(wanted);
    if (j < 0) {
      throw new IllegalArgumentException(
          name + " has no column '" + wanted + "'; its columns are " + String.join(", ", columns));
    }
    return j;
  }

  private void requireFeatures(Set<Integer> targets) {
    if (targets.isEmpty() || targets.size() >= columns.size()) {
      throw new IllegalArgumentException(
          name
              + " has "
              + columns.size()
              + " columns, of which "
              + targets.size()
              + " are targets; there must be at least one of each, targets and features, so check"
              + " the separator");
    }
  }
}
