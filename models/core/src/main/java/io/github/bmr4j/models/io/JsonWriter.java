package io.github.bmr4j.models.io;

import java.util.List;
import java.util.Map;

/** Writes JSON; its use is {@link Json#write}. */
final class JsonWriter {

  private final boolean indented;
  private final StringBuilder out = new StringBuilder();

  /** Where in the value the writer is, for messages: {@code $.runs[3].nll}. */
  private final StringBuilder path = new StringBuilder("$");

  private int depth;

  JsonWriter(boolean indented) {
    this.indented = indented;
  }

  String write(Object value) {
    value(value);
    return out.toString();
  }

  private void value(Object value) {
    switch (value) {
      case null -> out.append("null");
      case Boolean b -> out.append(b.booleanValue());
      case Integer i -> out.append(i.intValue());
      case Long l -> out.append(l.longValue());
      case Float f -> number(f);
      case Double d -> number(d);
      case String s -> string(s);
      case Map<?, ?> members -> object(members);
      case List<?> elements -> array(elements.size(), elements::get);
      case int[] numbers -> array(numbers.length, i -> numbers[i]);
      case long[] numbers -> array(numbers.length, i -> numbers[i]);
      case float[] numbers -> array(numbers.length, i -> numbers[i]);
      case double[] numbers -> array(numbers.length, i -> numbers[i]);
      default -> throw invalid("has the type " + value.getClass().getName() + ", not one of JSON");
    }
  }

  private void number(float number) {
    finite(number);
    out.append(number);
  }

  private void number(double number) {
    finite(number);
    out.append(number);
  }

  private void finite(double number) {
    if (!Double.isFinite(number)) {
      throw invalid("is " + number + ", which JSON cannot say; write null in its place");
    }
  }

  private void object(Map<?, ?> members) {
    open('{');
    boolean first = true;
    for (Map.Entry<?, ?> member : members.entrySet()) {
      if (!(member.getKey() instanceof String key)) {
        throw invalid("has the key " + member.getKey() + ", which is not a string");
      }
      separate(first);
      first = false;
      int length = path.length();
      path.append('.').append(key);
      string(key);
      out.append(indented ? ": " : ":");
      value(member.getValue());
      path.setLength(length);
    }
    close(first, '}');
  }

  private interface Elements {
    Object get(int index);
  }

  private void array(int size, Elements elements) {
    open('[');
    for (int i = 0; i < size; i++) {
      separate(i == 0);
      int length = path.length();
      path.append('[').append(i).append(']');
      value(elements.get(i));
      path.setLength(length);
    }
    close(size == 0, ']');
  }

  private void open(char bracket) {
    if (++depth > Json.Limits.DEFAULT.depth()) {
      throw invalid("is nested deeper than the limit of " + Json.Limits.DEFAULT.depth());
    }
    out.append(bracket);
  }

  private void separate(boolean first) {
    if (!first) {
      out.append(',');
    }
    newLine();
  }

  private void close(boolean empty, char bracket) {
    depth--;
    if (!empty) {
      newLine();
    }
    out.append(bracket);
  }

  private void newLine() {
    if (indented) {
      out.append('\n').repeat("  ", depth);
    }
  }

  private void string(String string) {
    out.append('"');
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          if (c < 0x20) {
            out.append(String.format("\\u%04x", (int) c));
          } else if (Character.isHighSurrogate(c)
              && i + 1 < string.length()
              && Character.isLowSurrogate(string.charAt(i + 1))) {
            out.append(c).append(string.charAt(++i));
          } else if (Character.isSurrogate(c)) {
            throw invalid("has half of a surrogate pair in a string");
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  private IllegalArgumentException invalid(String problem) {
    return new IllegalArgumentException("The JSON value at " + path + " " + problem);
  }
}
