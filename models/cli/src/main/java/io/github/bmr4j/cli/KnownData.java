package io.github.bmr4j.cli;

import io.github.bmr4j.models.data.Digits;
import io.github.bmr4j.models.data.FashionMnist;
import io.github.bmr4j.models.data.Split;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The data sets that the command knows by name. */
enum KnownData {
  /** Bundled. */
  DIGITS("1,797", "1x8x8", "bundled; UCI handwritten digits, CC BY 4.0"),
  /** To be downloaded, or from Debian's package. */
  FASHION_MNIST("60,000 + 10,000", "1x28x28", "Fashion-MNIST, images of clothing, MIT licence");

  /**
   * Which images of the digits are for testing does not depend on a run's seed: so runs with
   * different seeds measure on the same ones.
   */
  private static final long SPLIT_SEED = 0;

  private final String examples;
  private final String shape;
  private final String description;

  KnownData(String examples, String shape, String description) {
    this.examples = examples;
    this.shape = shape;
    this.description = description;
  }

  /** As typed: {@code fashion-mnist}. */
  String title() {
    return Choice.nameOf(this);
  }

  String examples() {
    return examples;
  }

  String shape() {
    return shape;
  }

  String description() {
    return description;
  }

  boolean isBundled() {
    return this == DIGITS;
  }

  /** The folders that it is looked for in, in this order; none if it is bundled. */
  List<Path> folders() {
    return switch (this) {
      case DIGITS -> List.of();
      case FASHION_MNIST -> FashionMnist.folders();
    };
  }

  /** The folder that it is in, by the names of its files; empty if bundled or not there. */
  Optional<Path> find() {
    return switch (this) {
      case DIGITS -> Optional.empty();
      case FASHION_MNIST -> FashionMnist.find();
    };
  }

  /** Where it is, or was looked for. */
  String whereabouts() {
    if (isBundled()) {
      return "bundled";
    }
    return find()
        .map(folder -> "in " + folder)
        .orElseGet(
            () ->
                "not found in "
                    + String.join(", ", folders().stream().map(Path::toString).toList())
                    + "; get it with 'bmr data fetch "
                    + title()
                    + "'");
  }

  /** What it is and where. */
  Map<String, Object> toJson() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", title());
    json.put("description", description);
    json.put("bundled", isBundled());
    json.put("found_in", find().map(Path::toString).orElse(null));
    json.put("looked_for_in", folders().stream().map(Path::toString).toList());
    return json;
  }

  /**
   * Reads it.
   *
   * @param folder where it lies, or null for where it is looked for by itself
   * @throws InputException if it cannot be read, or is bundled and a folder is given
   */
  Split loadOrRefuse(Path folder) {
    try {
      return load(folder);
    } catch (IOException failure) {
      throw new InputException(
          "The data set " + title() + " cannot be read: " + Failures.message(failure), failure);
    }
  }

  private Split load(Path folder) throws IOException {
    return switch (this) {
      case DIGITS -> {
        if (folder != null) {
          throw new InputException(
              "The data set digits is bundled, so it is not read from "
                  + folder
                  + "; leave out --data-dir, or name another data set with --data.");
        }
        yield Digits.split(SPLIT_SEED);
      }
      case FASHION_MNIST -> folder == null ? FashionMnist.load() : FashionMnist.load(folder);
    };
  }
}
