package io.github.bmr4j.models.io;

/**
 * A pattern of tensor names with one {@code *}, which stands for any text that is not empty: {@code
 * *.mean} finds {@code layer1.weight} in {@code layer1.weight.mean}.
 *
 * @param text of the pattern
 */
public record NamePattern(String text) {

  /**
   * @throws IllegalArgumentException unless there is exactly one star
   */
  public NamePattern {
    if (text.indexOf('*') < 0 || text.indexOf('*') != text.lastIndexOf('*')) {
      throw new IllegalArgumentException(
          "A pattern of tensor names needs exactly one *, as in *.mean, but is \"" + text + "\"");
    }
  }

  /**
   * What the star stands for in a name.
   *
   * @param name of a tensor
   * @return it, or null if the name does not fit
   */
  public String match(String name) {
    int star = text.indexOf('*');
    String prefix = text.substring(0, star);
    String suffix = text.substring(star + 1);
    return name.length() > prefix.length() + suffix.length()
            && name.startsWith(prefix)
            && name.endsWith(suffix)
        ? name.substring(prefix.length(), name.length() - suffix.length())
        : null;
  }

  /**
   * The name in which the star stands for a text.
   *
   * @param text that is not empty
   */
  public String name(String text) {
    return text().replace("*", text);
  }

  @Override
  public String toString() {
    return text;
  }
}
