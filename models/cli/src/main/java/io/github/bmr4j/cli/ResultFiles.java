package io.github.bmr4j.cli;

import java.nio.file.Path;

/**
 * Where a run's results are.
 *
 * @param posterior parameters and masks
 * @param certificate why each weight left
 * @param result the object that {@code --json} prints
 */
record ResultFiles(Path posterior, Path certificate, Path result) {

  static final String POSTERIOR = "posterior.safetensors";
  static final String CERTIFICATE = "certificate.safetensors";
  static final String RESULT = "result.json";

  static ResultFiles in(ResultFolder folder) {
    return new ResultFiles(folder.file(POSTERIOR), folder.file(CERTIFICATE), folder.file(RESULT));
  }
}
