package io.github.bmr4j.models.io;

import java.nio.charset.StandardCharsets;

/**
 * JSON (RFC 8259), read strictly and written in one way only. Values are plain Java ones:
 *
 * <table>
 * <caption>JSON values and their Java types</caption>
 * <tr><th>JSON</th><th>read as</th><th>written from</th></tr>
 * <tr><td>object</td><td>{@code Map<String, Object>} in the text's order</td><td>{@code Map} with
 * string keys, in its order</td></tr>
 * <tr><td>array</td><td>{@code List<Object>}</td><td>{@code List}, {@code int[]}, {@code long[]},
 * {@code float[]}, {@code double[]}</td></tr>
 * <tr><td>number</td><td>{@code Long} where it is written without fraction and exponent and fits,
 * else {@code Double}</td><td>{@code Integer}, {@code Long}, {@code Float}, {@code Double}, the last
 * two as the shortest decimal that reads back to the same number</td></tr>
 * <tr><td>string, true, false, null</td><td>{@code String}, {@code Boolean}, {@code null}</td>
 * <td>the same</td></tr>
 * </table>
 *
 * <p>Maps and lists that were read cannot be changed.
 */
public final class Json {

  private Json() {}

  /**
   * How much a reader takes on, so that a hostile text costs no more memory than is sensible.
   *
   * @param depth how deep arrays and objects may nest, at least 1
   * @param values how many values the text may hold, those inside others included, at least 1
   */
  public record Limits(int depth, int values) {

    /** 64 deep, ten million values. */
    public static final Limits DEFAULT = new Limits(64, 10_000_000);

    /** Checks the domains. */
    public Limits {
      if (depth < 1 || values < 1) {
        throw new IllegalArgumentException(
            "JSON limits must be at least 1, but depth is " + depth + " and values " + values);
      }
    }
  }

  /**
   * Reads one value.
   *
   * @param text all of the JSON text, nothing but white space around the value
   * @param source the file's name or what else the text came from, for messages
   * @throws InvalidFileException when the text is not JSON, has a key twice in one object, a lone
   *     surrogate in a string, a number beyond double, or exceeds {@link Limits#DEFAULT}
   */
  public static Object parse(String text, String source) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        // Encoding would silently make it a question mark.
        throw new InvalidFileException(source, -1, "found half of a surrogate pair at " + i);
      }
    }
    return parse(text.getBytes(StandardCharsets.UTF_8), source, Limits.DEFAULT);
  }

  /**
   * Reads one value.
   *
   * @param utf8 all of the JSON text, nothing but white space around the value
   * @param source the file's name or what else the text came from, for messages
   * @param limits how much to take on
   * @throws InvalidFileException when the text is not UTF-8 or not JSON, has a key twice in one
   *     object, a lone surrogate in a string, a number beyond double, or exceeds the limits
   */
  public static Object parse(byte[] utf8, String source, Limits limits) {
    return new JsonReader(utf8, source, limits, 0).read();
  }

  /**
   * One line of JSON, without a line break at its end.
   *
   * @param value see the table above
   * @throws IllegalArgumentException naming the path, when a number is not finite, a string has a
   *     lone surrogate, a value has another type, or nesting is deeper than {@link Limits#DEFAULT}
   */
  public static String write(Object value) {
    return new JsonWriter(false).write(value);
  }

  /**
   * JSON with a line for each member, indented by two blanks, and a line break at its end.
   *
   * @param value see the table above
   * @throws IllegalArgumentException as {@link #write}
   */
  public static String writeIndented(Object value) {
    return new JsonWriter(true).write(value) + "\n";
  }

  /**
   * What stands for a number that may not be finite: itself or {@code null}, since JSON has no NaN
   * and no infinity.
   *
   * @param value any number
   */
  public static Double finiteOrNull(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
