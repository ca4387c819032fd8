package io.github.bmr4j.cli;

import java.nio.file.Path;

/**
 * What a study is told.
 *
 * @param seeds number of seeds, from 0, of each configuration; 0 for the study's own number
 * @param scale how the runs depart from the study's own settings
 * @param dataFolder where data sets lie that are not bundled; null if none was given
 * @param backends open back ends
 */
record StudySettings(int seeds, StudyScale scale, Path dataFolder, BackendOptions backends) {

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
