package io.github.bmr4j.models.io;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A strict recursive-descent reader of JSON over UTF-8 bytes; its use is {@link Json#parse}. */
final class JsonReader {

  private final byte[] text;
  private final String source;
  private final Json.Limits limits;

  /** Where the text begins in its file, for messages. */
  private final long origin;

  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT);

  private int at;
  private int depth;
  private int values;

  JsonReader(byte[] text, String source, Json.Limits limits, long origin) {
    this.text = text;
    this.source = source;
    this.limits = limits;
    this.origin = origin;
  }

  Object read() {
    skipBlanks();
    Object value = value();
    skipBlanks();
    if (at < text.length) {
      throw invalid(at, "found " + found() + " after the JSON value, expected the end");
    }
    return value;
  }

  private Object value() {
    if (++values > limits.values()) {
      throw invalid(at, "found more JSON values than the limit of " + limits.values());
    }
    if (at == text.length) {
      throw invalid(at, "found the end, expected a JSON value");
    }
    return switch (text[at]) {
      case '{' -> object();
      case '[' -> array();
      case '"' -> string();
      case 't' -> literal("true", true);
      case 'f' -> literal("false", false);
      case 'n' -> literal("null", null);
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
      default -> throw invalid(at, "found " + found() + ", expected a JSON value");
    };
  }

  private Map<String, Object> object() {
    enter();
    Map<String, Object> members = new LinkedHashMap<>();
    if (!next('}')) {
      do {
        skipBlanks();
        int start = at;
        if (at == text.length || text[at] != '"') {
          throw invalid(at, "found " + found() + ", expected a key in quotes");
        }
        String key = string();
        skipBlanks();
        expect(':');
        skipBlanks();
        Object value = value();
        if (members.containsKey(key)) {
          throw invalid(start, "found the key " + quoted(key) + " a second time in one object");
        }
        members.put(key, value);
      } while (next(','));
      expect('}');
    }
    depth--;
    return Collections.unmodifiableMap(members);
  }

  private List<Object> array() {
    enter();
    List<Object> elements = new ArrayList<>(4);
    if (!next(']')) {
      do {
        skipBlanks();
        elements.add(value());
      } while (next(','));
      expect(']');
    }
    depth--;
    return Collections.unmodifiableList(elements);
  }

  private void enter() {
    if (++depth > limits.depth()) {
      throw invalid(at, "found JSON nested deeper than the limit of " + limits.depth());
    }
    at++;
  }

  private Object literal(String word, Object value) {
    for (int i = 0; i < word.length(); i++, at++) {
      if (at == text.length || text[at] != word.charAt(i)) {
        throw invalid(at, "found " + found() + ", expected the word " + word);
      }
    }
    return value;
  }

  private Object number() {
    int start = at;
    boolean integer = true;
    if (text[at] == '-') {
      at++;
    }
    if (at < text.length && text[at] == '0') {
      at++;
    } else {
      digits();
    }
    if (at < text.length && text[at] == '.') {
      integer = false;
      at++;
      digits();
    }
    if (at < text.length && (text[at] == 'e' || text[at] == 'E')) {
      integer = false;
      at++;
      if (at < text.length && (text[at] == '+' || text[at] == '-')) {
        at++;
      }
      digits();
    }
    String literal = new String(text, start, at - start, StandardCharsets.ISO_8859_1);
    if (integer && literal.length() <= 20 && !"-0".equals(literal)) {
      try {
        return Long.valueOf(literal);
      } catch (NumberFormatException beyondLong) {
        // A double then, as any other number.
      }
    }
    double value = Double.parseDouble(literal);
    if (Double.isInfinite(value)) {
      throw invalid(start, "found a number beyond the range of double");
    }
    return value;
  }

  private void digits() {
    int start = at;
    while (at < text.length && text[at] >= '0' && text[at] <= '9') {
      at++;
    }
    if (at == start) {
      throw invalid(at, "found " + found() + ", expected a digit");
    }
  }

  private String string() {
    int opening = at++;
    int start = at;
    StringBuilder unescaped = null;
    while (true) {
      if (at == text.length) {
        throw invalid(at, "found the end inside a string, expected a closing quote");
      }
      byte c = text[at];
      if (c == '"') {
        String run = decode(start, at++);
        return unescaped == null ? run : checkSurrogates(unescaped.append(run), opening);
      }
      if (c == '\\') {
        unescaped = unescaped == null ? new StringBuilder() : unescaped;
        unescaped.append(decode(start, at));
        at++;
        unescaped.append(escaped());
        start = at;
      } else if (c >= 0 && c < 0x20) {
        throw invalid(at, "found " + found() + " inside a string, expected it escaped");
      } else {
        at++;
      }
    }
  }

  private char escaped() {
    if (at == text.length) {
      throw invalid(at, "found the end inside a string, expected an escape");
    }
    byte c = text[at];
    char character =
        switch (c) {
          case '"', '\\', '/' -> (char) c;
          case 'b' -> '\b';
          case 'f' -> '\f';
          case 'n' -> '\n';
          case 'r' -> '\r';
          case 't' -> '\t';
          case 'u' -> hexadecimal();
          default ->
              throw invalid(at, "found " + found() + " after \\, expected one of \"\\/bfnrtu");
        };
    at++;
    return character;
  }

  private char hexadecimal() {
    int code = 0;
    for (int i = 0; i < 4; i++) {
      at++;
      int digit = at < text.length ? Character.digit((char) (text[at] & 0xff), 16) : -1;
      if (digit < 0 || text[at] < 0) {
        throw invalid(at, "found " + found() + ", expected four hexadecimal digits after \\u");
      }
      code = code << 4 | digit;
    }
    return (char) code;
  }

  private String checkSurrogates(StringBuilder unescaped, int offset) {
    for (int i = 0; i < unescaped.length(); i++) {
      char c = unescaped.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < unescaped.length()
          && Character.isLowSurrogate(unescaped.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw invalid(offset, "found half of a surrogate pair in a string, expected both halves");
      }
    }
    return unescaped.toString();
  }

  private String decode(int from, int to) {
    int ascii = from;
    while (ascii < to && text[ascii] >= 0) {
      ascii++;
    }
    if (ascii == to) {
      return new String(text, from, to - from, StandardCharsets.ISO_8859_1);
    }
    ByteBuffer in = ByteBuffer.wrap(text, from, to - from);
    CharBuffer out = CharBuffer.allocate(to - from);
    CoderResult result = decoder.reset().decode(in, out, true);
    if (result.isError()) {
      throw invalid(in.position(), "found bytes that are not UTF-8");
    }
    decoder.flush(out);
    return out.flip().toString();
  }

  /** Passes blanks, then the given character if it stands there. */
  private boolean next(char c) {
    // The opening bracket has been passed by enter, an element's end by the element.
    skipBlanks();
    if (at < text.length && text[at] == c) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (at == text.length || text[at] != c) {
      throw invalid(at, "found " + found() + ", expected '" + c + "'");
    }
    at++;
  }

  private void skipBlanks() {
    while (at < text.length
        && (text[at] == ' ' || text[at] == '\n' || text[at] == '\r' || text[at] == '\t')) {
      at++;
    }
  }

  private String found() {
    if (at >= text.length) {
      return "the end";
    }
    byte c = text[at];
    return c > 0x20 && c < 0x7f ? "'" + (char) c + "'" : String.format("the byte 0x%02x", c & 0xff);
  }

  private static String quoted(String key) {
    return "\"" + (key.length() > 100 ? key.substring(0, 100) + "…" : key) + "\"";
  }

  private InvalidFileException invalid(int position, String problem) {
    return new InvalidFileException(source, origin + position, problem);
  }
}
