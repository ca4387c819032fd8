package io.github.bmr4j.cli;

import java.nio.file.Path;

/**
 * Where a run's results are.
 *
 * @param posterior parameters and masks
 * @param certificate why each weight left
 * @param compact the small network for predictions
 * @param result the object that {@code --json} prints
 */
record ResultFiles(Path posterior, Path certificate, Path compact, Path result) {

  static final String POSTERIOR = "posterior.safetensors";
  static final String CERTIFICATE = "certificate.safetensors";
  static final String COMPACT = "compact.safetensors";
  static final String RESULT = "result.json";

  static ResultFiles in(ResultFolder folder) {
    return new ResultFiles(
        folder.file(POSTERIOR),
        folder.file(CERTIFICATE),
        folder.file(COMPACT),
        folder.file(RESULT));
  }
}
