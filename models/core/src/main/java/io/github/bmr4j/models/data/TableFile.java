package io.github.bmr4j.models.data;

import io.github.bmr4j.models.io.InvalidFileException;
import io.github.bmr4j.models.io.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Reads tables from text files: comma-separated (RFC 4180, quotes included), separated by another
 * character, or by any run of blanks.
 */
public final class TableFile {

  /** What stands between two cells. */
  public enum Separator {
    /** A comma. */
    COMMA(','),
    /** A semicolon. */
    SEMICOLON(';'),
    /** A tab. */
    TAB('\t'),
    /** Any run of blanks and tabs; those at the ends of a line do not count. */
    BLANKS(' '),
    /**
     * A comma with or without blanks around it, or a run of blanks; for numbers, without quotes.
     */
    COMMAS_OR_BLANKS(',');

    private final char character;

    Separator(char character) {
      this.character = character;
    }
  }

  /**
   * How a file is to be read.
   *
   * @param separator of cells
   * @param header whether the first line has the columns' names; without it they are {@code x1},
   *     {@code x2}, …
   */
  public record Format(Separator separator, boolean header) {

    /** Comma-separated with a header. */
    public static final Format CSV = new Format(Separator.COMMA, true);
  }

  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern COMMAS_OR_BLANKS = Pattern.compile("\\s*,\\s*|\\s+");

  private final String name;
  private final Format format;
  private final String text;
  private final List<List<String>> rows = new ArrayList<>();
  private final List<Integer> lines = new ArrayList<>();
  private int at;
  private int line = 1;

  private TableFile(String name, Format format, String text) {
    this.name = name;
    this.format = format;
    this.text = text;
  }

  /**
   * Reads a file.
   *
   * @param file in UTF-8
   * @param format how
   * @throws DataNotFoundException if there is no such file
   * @throws InvalidFileException if rows have different lengths, names are missing or double, or a
   *     quote is not closed; names the line
   * @throws IOException if it cannot be read
   */
  public static Table read(Path file, Format format) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new DataNotFoundException("There is no file " + file + "; give the path of a table");
    }
    byte[] bytes = Files.readAllBytes(file);
    Path fileName = file.getFileName();
    String name = fileName == null ? file.toString() : fileName.toString();
    Provenance provenance =
        new Provenance(file.toString(), "unknown", Map.of(name, Sha256.of(bytes)));
    return parse(name, text(bytes, file), format, provenance);
  }

  /** No character that stands for bytes that are none: it would be a value that nobody wrote. */
  private static String text(byte[] bytes, Path file) {
    CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
    ByteBuffer in = ByteBuffer.wrap(bytes);
    CharBuffer out = CharBuffer.allocate(bytes.length);
    if (decoder.decode(in, out, true).isError()) {
      throw new InvalidFileException(
          file.toString(),
          in.position(),
          "is not UTF-8 here; convert it, or write it anew as such");
    }
    return out.flip().toString();
  }

  /**
   * Reads a table from text.
   *
   * @param name in messages
   * @param text the content
   * @param format how
   * @param provenance where it comes from
   * @throws InvalidFileException as {@link #read}
   */
  public static Table parse(String name, String text, Format format, Provenance provenance) {
    TableFile reader = new TableFile(name, format, text);
    reader.rows();
    return reader.table(provenance);
  }

  private Table table(Provenance provenance) {
    int first = format.header() ? 1 : 0;
    if (rows.size() <= first) {
      throw new InvalidFileException(name, -1, "found no row of data");
    }
    int columns = rows.get(0).size();
    for (int i = 1; i < rows.size(); i++) {
      if (rows.get(i).size() != columns) {
        throw new InvalidFileException(
            name,
            -1,
            "line "
                + lines.get(i)
                + " has "
                + rows.get(i).size()
                + " cells, but the first has "
                + columns);
      }
    }
    List<String> names = new ArrayList<>();
    Map<String, Integer> places = new HashMap<>();
    for (int j = 0; j < columns; j++) {
      String column = format.header() ? rows.get(0).get(j).strip() : "x" + (j + 1);
      if (column.isEmpty()) {
        throw new InvalidFileException(name, -1, "column " + (j + 1) + " has no name in line 1");
      }
      Integer other = places.putIfAbsent(column, j);
      if (other != null) {
        throw new InvalidFileException(
            name,
            -1,
            "two columns are called '" + column + "': " + (other + 1) + " and " + (j + 1));
      }
      names.add(column);
    }
    return new Table(
        name,
        names,
        rows.subList(first, rows.size()),
        lines.subList(first, lines.size()),
        provenance);
  }

  private void rows() {
    if (text.startsWith("\uFEFF")) {
      at = 1;
    }
    while (at < text.length()) {
      int started = line;
      List<String> row =
          switch (format.separator()) {
            case BLANKS -> split(BLANKS);
            case COMMAS_OR_BLANKS -> split(COMMAS_OR_BLANKS);
            default -> characterSeparated();
          };
      if (row.size() > 1 || !row.get(0).isBlank()) {
        rows.add(row);
        lines.add(started);
      }
    }
  }

  /** The next line, which has no quotes. */
  private List<String> split(Pattern between) {
    int end = at;
    while (end < text.length() && text.charAt(end) != '\n') {
      end++;
    }
    String content = text.substring(at, end).strip();
    at = end + 1;
    line++;
    return List.of(between.split(content));
  }

  private List<String> characterSeparated() {
    List<String> row = new ArrayList<>();
    while (true) {
      row.add(at < text.length() && text.charAt(at) == '"' ? quoted() : plain());
      if (at >= text.length()) {
        return row;
      }
      char end = text.charAt(at++);
      if (end == '\n') {
        line++;
        return row;
      }
    }
  }

  private String plain() {
    int start = at;
    while (at < text.length()
        && text.charAt(at) != format.separator().character
        && text.charAt(at) != '\n') {
      at++;
    }
    return text.substring(start, at).strip();
  }

  private String quoted() {
    int opened = line;
    StringBuilder cell = new StringBuilder();
    at++;
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == '\n') {
        line++;
      }
      if (c != '"') {
        cell.append(c);
      } else if (at < text.length() && text.charAt(at) == '"') {
        cell.append('"');
        at++;
      } else {
        if (!plain().isEmpty()) {
          throw new InvalidFileException(
              name, -1, "line " + line + " goes on after a closing quote; double it inside a cell");
        }
        return cell.toString();
      }
    }
    throw new InvalidFileException(
        name, -1, "the quote that opens in line " + opened + " is not closed");
  }
}
