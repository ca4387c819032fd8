package io.github.bmr4j.cli;

import java.nio.file.Path;
import java.util.Map;

/**
 * Where a run's results are.
 *
 * @param posterior parameters and masks
 * @param certificate why each weight left
 * @param compact the small network for predictions
 * @param result the object that {@code --json} prints
 * @param report all of it as a page
 */
record ResultFiles(Path posterior, Path certificate, Path compact, Path result, Path report) {

  static final String POSTERIOR = "posterior.safetensors";
  static final String CERTIFICATE = "certificate.safetensors";
  static final String COMPACT = "compact.safetensors";
  static final String RESULT = "result.json";
  static final String CONFIG = "config.properties";
  static final String REPORT = "report.html";

  static ResultFiles in(ResultFolder folder) {
    return new ResultFiles(
        folder.file(POSTERIOR),
        folder.file(CERTIFICATE),
        folder.file(COMPACT),
        folder.file(RESULT),
        folder.file(REPORT));
  }

  /**
   * The page, made from the files of the same folder that were written before it.
   *
   * @param json the object that {@code --json} prints
   */
  static ResultFolder.Result report(Map<String, Object> json) {
    return new ResultFolder.Result(
        REPORT, file -> RunReport.write(file, JsonFields.of(json), file.getParent()));
  }
}
