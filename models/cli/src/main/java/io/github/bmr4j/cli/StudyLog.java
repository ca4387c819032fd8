package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The results of a study's runs, a line of JSON each, on disk as soon as a run is done: a study
 * that was killed goes on where it was.
 */
final class StudyLog {

  /**
   * The result of one run.
   *
   * @param labels of the run
   * @param seed of the run
   * @param scale how it departed from the study's own settings
   * @param values what came out
   * @param seconds that it took
   */
  record Entry(
      Map<String, String> labels,
      long seed,
      StudyScale scale,
      Map<String, Double> values,
      double seconds) {

    boolean isOf(Study.Run run, StudyScale wanted) {
      return labels.equals(run.labels()) && seed == run.seed() && scale.equals(wanted);
    }
  }

  private final Path file;

  /** Also read when the process is asked to end. */
  private final List<Entry> entries = new CopyOnWriteArrayList<>();

  /**
   * Reads what is there. A last line that breaks off is what a killed run left, and is dropped.
   *
   * @throws InvalidFileException if another line is no result
   */
  StudyLog(Path file) throws IOException {
    this.file = file;
    if (!Files.exists(file)) {
      return;
    }
    String text = text(file);
    String[] lines = text.split("\n", -1);
    boolean broken = !text.isEmpty() && !text.endsWith("\n");
    // After the last line end there is nothing, or a line that breaks off.
    for (int i = 0; i + 1 < lines.length; i++) {
      if (!lines[i].isBlank()) {
        entries.add(entry(lines[i], i + 1));
      }
    }
    if (broken) {
      AtomicFiles.writeText(file, text.substring(0, text.lastIndexOf('\n') + 1));
    }
  }

  private static String text(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException notUtf8) {
      throw new InvalidFileException(file.toString(), -1, "is no text in UTF-8", notUtf8);
    }
  }

  @SuppressWarnings("unchecked") // a line of another form is refused as such
  private Entry entry(String line, int number) {
    try {
      Map<String, Object> json = (Map<String, Object>) Json.parse(line, file.toString());
      Map<String, String> labels = new LinkedHashMap<>();
      ((Map<String, Object>) json.get("labels")).forEach((k, v) -> labels.put(k, (String) v));
      Map<String, Double> values = new LinkedHashMap<>();
      ((Map<String, Object>) json.get("values"))
          .forEach((k, v) -> values.put(k, v == null ? Double.NaN : ((Number) v).doubleValue()));
      return new Entry(
          labels,
          ((Number) json.get("seed")).longValue(),
          new StudyScale(
              ((Number) json.get("length")).doubleValue(),
              ((Number) json.getOrDefault("batch", 0)).intValue()),
          values,
          ((Number) json.get("seconds")).doubleValue());
    } catch (ClassCastException | NullPointerException other) {
      throw new InvalidFileException(
          file.toString(), -1, "line " + number + " is no result of a study", other);
    }
  }

  /** All results so far. */
  List<Entry> entries() {
    return List.copyOf(entries);
  }

  /** The result of a run, or null. */
  Entry find(Study.Run run, StudyScale scale) {
    return entries.stream().filter(entry -> entry.isOf(run, scale)).findFirst().orElse(null);
  }

  /** Keeps a result; it is on disk when this returns. */
  void add(Entry entry) throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("labels", entry.labels());
    json.put("seed", entry.seed());
    json.put("length", entry.scale().length());
    json.put("batch", entry.scale().batch());
    Map<String, Object> values = new LinkedHashMap<>();
    entry.values().forEach((k, v) -> values.put(k, Json.finiteOrNull(v)));
    json.put("values", values);
    json.put("seconds", entry.seconds());
    byte[] line = (Json.write(json) + "\n").getBytes(StandardCharsets.UTF_8);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.APPEND)) {
      ByteBuffer bytes = ByteBuffer.wrap(line);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
    entries.add(entry);
  }
}
