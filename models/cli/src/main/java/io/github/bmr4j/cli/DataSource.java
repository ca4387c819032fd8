package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Standardization;
import io.github.bmr4j.models.data.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What {@code --data} names: a data set that the command knows, or the file of a table.
 *
 * @param known null for a file
 * @param file null for a known one
 */
record DataSource(KnownData known, Path file) {

  /** Which examples are for testing does not depend on a run's seed, as for {@link KnownData}. */
  private static final long SPLIT_SEED = 0;

  /** Reads {@code --data}. */
  static final class Converter implements ITypeConverter<DataSource> {

    Converter() {}

    @Override
    public DataSource convert(String text) {
      for (KnownData known : KnownData.values()) {
        if (known.title().equals(text)) {
          return new DataSource(known, null);
        }
      }
      Path file = Path.of(text);
      if (!Files.isRegularFile(file)) {
        throw new TypeConversionException(
            "there is no data set \""
                + text
                + "\" and no file of that name; choose one of "
                + String.join(
                    ", ", Arrays.stream(KnownData.values()).map(KnownData::title).toList())
                + ", or the file of a table");
      }
      return new DataSource(null, file);
    }
  }

  boolean isTable() {
    return file != null;
  }

  /** As typed. */
  String title() {
    return isTable() ? file.toString() : known.title();
  }

  /**
   * A data set that was read.
   *
   * @param split as it is in the files
   * @param features names of the features; empty for a known data set
   * @param targets names of the targets; empty for a known data set
   */
  record Loaded(Split split, List<String> features, List<String> targets) {}

  /**
   * Reads it.
   *
   * @param folder of a known data set's files, or null for where it is looked for by itself
   * @param options of a table
   * @throws InputException if it cannot be read, or is not what the options say
   */
  Loaded loadOrRefuse(Path folder, TableOptions options) {
    if (!isTable()) {
      return new Loaded(known.loadOrRefuse(folder), List.of(), List.of());
    }
    if (folder != null) {
      throw new InputException(
          "--data-dir is for data sets of several files, but --data is the file "
              + file
              + "; leave it out");
    }
    try {
      Table.Named table = options.read(file);
      return new Loaded(
          split(table.dataset(), options.testShare()), table.features(), table.targets());
    } catch (IOException failure) {
      throw new InputException(
          "The table " + file + " cannot be read: " + Failures.message(failure), failure);
    } catch (IllegalArgumentException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
  }

  /**
   * A table's part for training and its part for testing, the same for the same rows and share.
   *
   * @param table all of it
   * @param testShare share of the examples that is for testing
   */
  static Split split(Dataset table, double testShare) {
    return Split.random(table, testShare, SPLIT_SEED);
  }

  /** How its features are standardized: images by channel, tables by column. */
  Standardization standardization(Split raw) {
    return isTable()
        ? Standardization.perFeature(raw.train())
        : Standardization.perChannel(raw.train());
  }

  /**
   * Refuses a method for classes where the targets are numbers, and the other way round.
   *
   * @param raw as read
   * @param method that models either
   */
  void requireTargetsOf(MethodKind method, Split raw) {
    boolean classes = raw.train().isClassification();
    if (classes == method.isForClasses()) {
      return;
    }
    throw new InputException(
        classes
            ? "--method "
                + Choice.nameOf(method)
                + " models real targets, but "
                + title()
                + " has classes"
            : title()
                + " has real targets, but --method "
                + Choice.nameOf(method)
                + " models classes; add --method principled-pruning, or --classes if the numbers"
                + " are names of classes");
  }
}
