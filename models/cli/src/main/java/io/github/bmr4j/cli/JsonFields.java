package io.github.bmr4j.cli;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A JSON object with its members by type. What is absent or null is NaN, an empty text, an empty
 * list or an object without members.
 *
 * @param source names the text it is from, for messages
 * @param members of the object
 */
record JsonFields(String source, Map<?, ?> members) {

  /**
   * Reads a file that has one object.
   *
   * @throws InvalidFileException if it has not
   */
  static JsonFields read(Path file) throws IOException {
    return of(
        file.toString(),
        Json.parse(Files.readAllBytes(file), file.toString(), Json.Limits.DEFAULT));
  }

  /**
   * An object that was written from Java values of any kind.
   *
   * @param json the object
   */
  static JsonFields of(Map<String, Object> json) {
    return of("the result", Json.parse(Json.write(json), "the result"));
  }

  private static JsonFields of(String source, Object json) {
    if (json instanceof Map<?, ?> members) {
      return new JsonFields(source, members);
    }
    throw new InvalidFileException(source, -1, "found " + json + ", expected a JSON object");
  }

  boolean has(String key) {
    return members.get(key) != null;
  }

  double number(String key) {
    return member(key, Number.class, Double.NaN).doubleValue();
  }

  String text(String key) {
    return members.get(key) == null ? "" : String.valueOf(members.get(key));
  }

  JsonFields object(String key) {
    return new JsonFields(source + ": " + key, member(key, Map.class, Map.of()));
  }

  /** A list of objects. */
  List<JsonFields> objects(String key) {
    return list(key).stream().map(each -> of(source + ": " + key, each)).toList();
  }

  /** A list of numbers; null is NaN. */
  double[] numbers(String key) {
    return list(key).stream()
        .mapToDouble(each -> each instanceof Number number ? number.doubleValue() : Double.NaN)
        .toArray();
  }

  List<?> list(String key) {
    return member(key, List.class, List.of());
  }

  private <T> T member(String key, Class<T> type, T absent) {
    Object value = members.get(key);
    if (value == null) {
      return absent;
    }
    if (!type.isInstance(value)) {
      throw new InvalidFileException(
          source, -1, key + " is " + value + ", expected a " + type.getSimpleName());
    }
    return type.cast(value);
  }
}
