package io.github.bmr4j.models.method;

import io.github.bmr4j.engine.inference.DivergedException;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.SafetensorsReader;
import io.github.bmr4j.models.io.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Saves runs and brings them back. A checkpoint is one safetensors file with a checksum, replaced
 * atomically: after a crash at any instant it is the last one that was completed.
 */
public final class Checkpoints {

  /** Value of the metadata's {@code format}. */
  public static final String FORMAT = "bmr4j-checkpoint-1";

  private static final String SETTING = "setting.";

  private Checkpoints() {}

  /**
   * Saves a run, from any thread, when its step or pruning has ended.
   *
   * @param file its folder must exist
   * @param run to save
   * @param settings further ones that must be the same when the run goes on
   * @throws DivergedException if a parameter is not finite; the file is as it was
   * @throws IOException if it cannot be written; the file is as it was
   */
  public static void save(Path file, Resumable run, Map<String, String> settings)
      throws IOException {
    run.lock().lock();
    try {
      SafetensorsWriter writer =
          new SafetensorsWriter()
              .seal()
              .metadata("format", FORMAT)
              .metadata("steps", Long.toString(run.steps()));
      all(run, settings).forEach((key, value) -> writer.metadata(SETTING + key, value));
      run.state().write(writer);
      writer.write(file);
    } finally {
      run.lock().unlock();
    }
  }

  /**
   * Brings a run to where the saved one was; or, when an exception is thrown, leaves it as it is.
   *
   * @param file as {@link #save} writes it
   * @param run that has not started
   * @param settings as they were when it was saved
   * @throws InvalidFileException if the file is no checkpoint, is damaged, or of a run with other
   *     settings; names the setting and both values
   * @throws IOException if it cannot be read
   */
  public static void resume(Path file, Resumable run, Map<String, String> settings)
      throws IOException {
    try (SafetensorsReader reader = SafetensorsReader.open(file)) {
      String format = reader.metadata().get("format");
      if (!FORMAT.equals(format)) {
        throw new InvalidFileException(
            file.toString(), -1, "has the format " + format + ", expected " + FORMAT);
      }
      reader.requireSeal();
      requireSame(file, reader.metadata(), all(run, settings));
      run.lock().lock();
      try {
        run.state().read(reader);
      } finally {
        run.lock().unlock();
      }
    }
  }

  private static SortedMap<String, String> all(Resumable run, Map<String, String> settings) {
    SortedMap<String, String> all = new TreeMap<>(run.settings());
    all.putAll(settings);
    return all;
  }

  private static void requireSame(
      Path file, Map<String, String> metadata, SortedMap<String, String> settings) {
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      String saved = metadata.get(SETTING + setting.getKey());
      if (!setting.getValue().equals(saved)) {
        throw new InvalidFileException(
            file.toString(),
            -1,
            "was saved with "
                + setting.getKey()
                + " "
                + saved
                + ", but this run has "
                + setting.getValue()
                + "; go on with the same settings, or start anew");
      }
    }
  }
}
