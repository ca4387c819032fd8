package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.SimulatedData;
import io.github.bmr4j.models.data.Split;
import io.github.bmr4j.models.data.Table;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/** What {@code bmr select} selects from: a simulation, the digits, or a table in a file. */
final class SelectData {

  private static final String DIGITS = "digits";

  /** Names of all that is no file. */
  static final class Names implements Iterable<String> {
    @Override
    public Iterator<String> iterator() {
      return names().iterator();
    }
  }

  private static Stream<String> names() {
    return Stream.concat(
        Arrays.stream(SimulatedData.Kind.values()).map(SimulatedData.Kind::label),
        Stream.of(DIGITS));
  }

  @Option(
      names = "--data",
      paramLabel = "NAME|FILE",
      defaultValue = "friedman1",
      completionCandidates = Names.class,
      description = {
        "${COMPLETION-CANDIDATES}, or the file of a table (default: ${DEFAULT-VALUE}). Of simulated"
            + " data it is known which features matter."
      })
  private String data;

  @Option(
      names = "--examples",
      paramLabel = "N",
      defaultValue = "500",
      description = "Training examples of a simulation (default: ${DEFAULT-VALUE}).")
  private int examples;

  @Option(
      names = "--features",
      paramLabel = "P",
      defaultValue = "20",
      description = "Features of a simulation (default: ${DEFAULT-VALUE}).")
  private int features;

  @Option(
      names = "--test-examples",
      paramLabel = "N",
      defaultValue = "1000",
      description = "Test examples of a simulation (default: ${DEFAULT-VALUE}).")
  private int testExamples;

  private Table.Named table;

  SelectData() {}

  /**
   * One replicate.
   *
   * @param split raw
   * @param features their names
   * @param target its name
   * @param relevant which matter; null if that is not known
   * @param noiseless the test part's targets without noise; null if they are not known
   */
  record Replicate(
      Split split, List<String> features, String target, boolean[] relevant, double[] noiseless) {}

  /** What it is called. */
  String title() {
    return isTable() ? Path.of(data).toString() : data;
  }

  /** Whether it is a table in a file. */
  boolean isTable() {
    return simulated() == null && !isDigits();
  }

  private boolean isDigits() {
    return data.equals(DIGITS);
  }

  private SimulatedData.Kind simulated() {
    return Arrays.stream(SimulatedData.Kind.values())
        .filter(kind -> kind.label().equals(data))
        .findFirst()
        .orElse(null);
  }

  /**
   * Draws or splits.
   *
   * @param options of tables
   * @param seed of this replicate
   */
  Replicate replicate(TableOptions options, long seed) throws IOException {
    SimulatedData.Kind kind = simulated();
    try {
      if (kind != null) {
        return simulate(kind, seed);
      }
      if (isDigits()) {
        return digits(options, seed);
      }
      if (table == null) {
        table = read(options);
      }
      return new Replicate(
          Split.random(table.dataset(), options.testShare(), seed),
          table.features(),
          table.targets().getFirst(),
          null,
          null);
    } catch (IllegalArgumentException refused) {
      throw new InputException(refused.getMessage(), refused);
    }
  }

  private Replicate simulate(SimulatedData.Kind kind, long seed) {
    Split split = SimulatedData.draw(kind, examples, testExamples, features, seed);
    boolean[] relevant = new boolean[features];
    Arrays.fill(relevant, 0, kind.relevant(), true);
    return new Replicate(
        split,
        SimulatedData.featureNames(features),
        "y",
        relevant,
        kind.isClassification() ? null : SimulatedData.withoutNoise(kind, split.test()));
  }

  private Replicate digits(TableOptions options, long seed) {
    Split images = Digits.split(seed, options.testShare());
    int side = 8;
    List<String> names =
        IntStream.range(0, side * side)
            .mapToObj(i -> "row" + (i / side + 1) + "column" + (i % side + 1))
            .toList();
    return new Replicate(new Split(images.train(), images.test()), names, "digit", null, null);
  }

  private Table.Named read(TableOptions options) throws IOException {
    Path file = Path.of(data);
    if (!Files.exists(file)) {
      throw new InputException(
          "There is no data set '"
              + data
              + "' and no file of that name; known are "
              + String.join(", ", names().toList()));
    }
    Table.Named read = options.read(file);
    if (read.dataset().targetSize() > 1) {
      throw new InputException("bmr select predicts one column; name one with --target-column");
    }
    return read;
  }
}
