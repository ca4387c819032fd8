package io.github.bmr4j.cli;

import java.nio.file.Path;

/**
 * What a study is told.
 *
 * @param seeds number of seeds, from 0, of each configuration; 0 for the study's own number
 * @param length factor of the lengths of all training
 * @param dataFolder where data sets lie that are not bundled; null if none was given
 * @param backends open back ends
 */
record StudySettings(int seeds, double length, Path dataFolder, BackendOptions backends) {

  /** A number of epochs or steps, scaled, at least 1. */
  int scaled(int steps) {
    return (int) Math.max(1, Math.round(steps * length));
  }

  /** The number of seeds, or a study's own. */
  int seedsOr(int own) {
    return seeds == 0 ? own : seeds;
  }

  /**
   * A file in the data folder.
   *
   * @throws InputException if no folder was given
   */
  Path file(String name) {
    if (dataFolder == null) {
      throw new InputException(
          "This study reads " + name + ", which is not bundled; give its folder with --data-dir");
    }
    return dataFolder.resolve(name);
  }
}
