package io.github.bmr4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * The sizes of the hidden layers, as typed: {@code 500,300}, or {@code 500x4} for four alike.
 *
 * @param sizes from input to output
 */
record HiddenLayers(List<Integer> sizes) {

  private static final int MOST_LAYERS = 1_000;
  private static final Pattern PART = Pattern.compile("(\\d{1,9})(?:[xX](\\d{1,9}))?");

  HiddenLayers {
    sizes = List.copyOf(sizes);
  }

  static HiddenLayers of(Integer... sizes) {
    return new HiddenLayers(List.of(sizes));
  }

  int[] toArray() {
    return sizes.stream().mapToInt(Integer::intValue).toArray();
  }

  /** Reads {@code --hidden}. */
  static final class Converter implements ITypeConverter<HiddenLayers> {

    Converter() {}

    @Override
    public HiddenLayers convert(String text) {
      List<Integer> sizes = new ArrayList<>();
      for (String part : text.split(",", -1)) {
        Matcher matcher = PART.matcher(part.strip());
        if (!matcher.matches()) {
          throw wrong(text, "\"" + part + "\" is no size");
        }
        int size = Integer.parseInt(matcher.group(1));
        int times = matcher.group(2) == null ? 1 : Integer.parseInt(matcher.group(2));
        if (size < 1 || times < 1) {
          throw wrong(text, "a layer needs at least 1 unit, and there must be at least 1 layer");
        }
        if (times > MOST_LAYERS - sizes.size()) {
          throw wrong(text, "there may be at most " + MOST_LAYERS + " layers");
        }
        for (int i = 0; i < times; i++) {
          sizes.add(size);
        }
      }
      return new HiddenLayers(sizes);
    }

    private static TypeConversionException wrong(String text, String why) {
      return new TypeConversionException(
          "'" + text + "': " + why + "; write the sizes as in 500,300 or 500x4");
    }
  }
}
