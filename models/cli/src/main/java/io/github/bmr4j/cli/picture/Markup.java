package io.github.bmr4j.cli.picture;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * Writes elements of HTML and SVG, well-formed as XML: what is text is escaped, what is opened is
 * closed in turn.
 */
public final class Markup {

  private final StringBuilder out = new StringBuilder();
  private final Deque<String> open = new ArrayDeque<>();

  /** Nothing yet. */
  public Markup() {}

  /**
   * Opens an element.
   *
   * @param tag its name
   * @param attributes names and values in turn; numbers are written with two decimals at most
   */
  public Markup open(String tag, Object... attributes) {
    start(tag, attributes);
    out.append('>');
    open.push(tag);
    return this;
  }

  /**
   * Closes the element that was opened last.
   *
   * @param tag its name
   * @throws IllegalStateException if another one is open
   */
  public Markup close(String tag) {
    if (!tag.equals(open.peek())) {
      throw new IllegalStateException(
          "Element " + tag + " cannot be closed: the innermost open one is " + open.peek());
    }
    open.pop();
    out.append("</").append(tag).append(">\n");
    return this;
  }

  /** An element without content; attributes as in {@link #open}. */
  public Markup empty(String tag, Object... attributes) {
    start(tag, attributes);
    out.append("/>\n");
    return this;
  }

  /** An element that has text alone; attributes as in {@link #open}. */
  public Markup element(String tag, String text, Object... attributes) {
    return open(tag, attributes).text(text).close(tag);
  }

  /** Text. */
  public Markup text(String text) {
    out.append(escaped(text));
    return this;
  }

  /** A part that is markup already. */
  public Markup markup(String written) {
    out.append(written);
    return this;
  }

  private void start(String tag, Object... attributes) {
    if (attributes.length % 2 != 0) {
      throw new IllegalArgumentException(
          "Attributes are names and values in turn, but there are " + attributes.length);
    }
    out.append('<').append(tag);
    for (int i = 0; i < attributes.length; i += 2) {
      out.append(' ').append(attributes[i]).append("=\"");
      out.append(escaped(value(attributes[i + 1]))).append('"');
    }
  }

  private static String value(Object value) {
    return value instanceof Double number ? number(number) : String.valueOf(value);
  }

  /** A coordinate: two decimals at most. */
  static String number(double x) {
    if (!Double.isFinite(x)) {
      throw new IllegalArgumentException("A coordinate must be finite, but is " + x);
    }
    String text = String.format(Locale.ROOT, "%.2f", x);
    int end = text.length();
    while (text.charAt(end - 1) == '0') {
      end--;
    }
    text = text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    return text.equals("-0") ? "0" : text;
  }

  /** Text as it stands in elements and attributes. */
  public static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  /**
   * What was written.
   *
   * @throws IllegalStateException if an element is still open
   */
  @Override
  public String toString() {
    if (!open.isEmpty()) {
      throw new IllegalStateException("Element " + open.peek() + " is still open");
    }
    return out.toString();
  }
}
