package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.data.InputShape;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Table;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** A trained model, and the examples that it is to see. */
final class ModelOptions {

  @Parameters(
      arity = "0..1",
      paramLabel = "MODEL",
      defaultValue = "bmr-out",
      description = {
        "posterior.safetensors or compact.safetensors of 'bmr prune', 'bmr train' or 'bmr select', the"
            + " folder of its results, or an .onnx file of 'bmr export' (default: ${DEFAULT-VALUE})."
      })
  private Path model;

  @Option(
      names = "--data",
      paramLabel = "NAME|FILE",
      converter = DataSource.Converter.class,
      completionCandidates = Choice.Data.class,
      description = {
        "Examples: ${COMPLETION-CANDIDATES}, or the file of a table (default: what the model was"
            + " trained on)."
      })
  private DataSource data;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of the data set's files, where it is not bundled; see 'bmr data list'.")
  private Path dataFolder;

  @Option(
      names = "--all",
      description = {
        "All rows of a table. Without it, of the table that the model was trained on only those that"
            + " it was not trained with."
      })
  private boolean all;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "100",
      description = {
        "Draws from a posterior (default: ${DEFAULT-VALUE}); a compact network has its own, and one"
            + " without draws predicts by its mean."
      })
  private int samples;

  @ArgGroup(validate = false, heading = "%nTable in a file:%n")
  private TableOptions table = new TableOptions();

  ModelOptions() {}

  /**
   * Examples to predict.
   *
   * @param data prepared for the model; without labels these are 0
   * @param labelled whether the labels are the data's
   * @param what they are
   */
  record Examples(Dataset data, boolean labelled, String what) {}

  int samples() {
    if (samples < 1) {
      throw new InputException("--samples must be at least 1, but is " + samples);
    }
    return samples;
  }

  /** Opens the model. */
  SavedModel model() throws IOException {
    return new SavedModel(model);
  }

  /**
   * Reads the examples.
   *
   * @param saved model
   * @param labels whether they are needed
   */
  Examples examples(SavedModel saved, boolean labels) throws IOException {
    DataSource source = data == null ? trainedOn(saved) : data;
    try {
      if (source.isTable()) {
        return rows(saved, source.file(), labels);
      }
      Split split = source.known().loadOrRefuse(dataFolder);
      if (saved.isRegression()) {
        throw new InputException(
            saved.file()
                + " predicts "
                + String.join(", ", saved.targets())
                + " of a table's rows, but "
                + source.title()
                + " has classes; give a table with --data");
      }
      if (!split.test().classNames().equals(saved.classes())) {
        throw new InputException(
            saved.file()
                + " knows the classes "
                + String.join(", ", saved.classes())
                + ", but "
                + source.title()
                + " has "
                + String.join(", ", split.test().classNames()));
      }
      return new Examples(saved.prepared(split.test()), true, "test part of " + source.title());
    } catch (IllegalArgumentException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
  }

  private static DataSource trainedOn(SavedModel saved) {
    String title = saved.metadata("data");
    try {
      return new DataSource.Converter().convert(String.valueOf(title));
    } catch (TypeConversionException gone) {
      throw new InputException(
          saved.file() + " was trained on " + title + ", which is not here; say --data", gone);
    }
  }

  private Examples rows(SavedModel saved, Path file, boolean labels) throws IOException {
    Table rows = table.readAll(file);
    Dataset dataset = saved.isRegression() ? numbers(saved, rows, labels) : null;
    boolean labelled = labels;
    if (dataset == null) {
      String named = table.target() == null ? saved.metadata("target") : table.target();
      labelled = labels || (named != null && rows.columns().contains(named));
      if (labelled && named == null) {
        throw new InputException(
            saved.file()
                + " was trained on no table, so say which column has the class:"
                + " --target-column");
      }
      List<String> features = features(saved, rows, named == null ? List.of() : List.of(named));
      dataset =
          Dataset.classification(
              file.getFileName().toString(),
              shape(saved, features.size()),
              rows.features(features),
              labelled ? rows.labels(named, saved.classes()) : new int[rows.size()],
              saved.classes(),
              rows.provenance());
    }
    boolean same =
        Json.write(rows.provenance().sha256()).equals(saved.metadata("data_sha256"))
            && saved.metadata("test_share") != null;
    if (all || !same) {
      return new Examples(saved.prepared(dataset), labelled, "all of " + file);
    }
    double share = Double.parseDouble(saved.metadata("test_share"));
    String seed = saved.metadata("split_seed");
    Split split =
        seed == null
            ? DataSource.split(dataset, share)
            : Split.random(dataset, share, Long.parseLong(seed));
    return new Examples(saved.prepared(split.test()), labelled, "test part of " + file);
  }

  /** Rows with real targets; where these are not needed and not there, they are 0. */
  private Dataset numbers(SavedModel saved, Table rows, boolean wanted) {
    List<String> targets = saved.targets();
    if (table.target() != null && !targets.contains(table.target())) {
      throw new InputException(
          "--target-column is "
              + table.target()
              + ", but "
              + saved.file()
              + " predicts "
              + String.join(", ", targets)
              + "; leave it out");
    }
    List<String> features = features(saved, rows, targets);
    boolean there = wanted || rows.columns().containsAll(targets);
    return Dataset.regression(
        "rows",
        shape(saved, features.size()),
        rows.features(features),
        there ? rows.targets(targets) : new float[rows.size() * targets.size()],
        targets.size(),
        rows.provenance());
  }

  private static List<String> features(SavedModel saved, Table rows, List<String> targets) {
    return saved.features().isEmpty()
        ? rows.columns().stream().filter(column -> !targets.contains(column)).toList()
        : saved.features();
  }

  /** Images in a table have a column for each pixel. */
  private static InputShape shape(SavedModel saved, int features) {
    int[] raw = saved.dataShape().toArray();
    return raw.length == 3 && raw[0] * raw[1] * raw[2] == features
        ? new InputShape(raw[0], raw[1], raw[2])
        : InputShape.row(features);
  }
}
