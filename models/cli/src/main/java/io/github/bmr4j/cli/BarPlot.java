package io.github.bmr4j.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Horizontal bars for shares in [0, 1], as an SVG picture that stands alone. */
final class BarPlot {

  private static final int WIDTH = 640;
  private static final int ROW = 20;
  private static final int TOP = 44;
  private static final int BOTTOM = 40;
  private static final int BARS = 180;
  private static final int LABEL_CHARACTERS = 24;

  private record Bar(String label, double share, boolean emphasised, String note) {}

  private final String title;
  private final String axis;
  private final List<Bar> bars = new ArrayList<>();

  /**
   * @param title above the bars
   * @param axis below them
   */
  BarPlot(String title, String axis) {
    this.title = title;
    this.axis = axis;
  }

  /**
   * Adds a bar below the others.
   *
   * @param label on its left
   * @param share its length, in [0, 1]
   * @param emphasised whether it has the strong colour
   * @param note on its right
   */
  BarPlot bar(String label, double share, boolean emphasised, String note) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException(
          "The share of '" + label + "' must lie in [0, 1], but is " + share);
    }
    bars.add(new Bar(label, share, emphasised, note));
    return this;
  }

  /** The picture. */
  String svg() {
    int height = TOP + bars.size() * ROW + BOTTOM;
    int length = WIDTH - BARS - 80;
    StringBuilder svg = new StringBuilder();
    line(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\""
            + " font-family=\"sans-serif\" font-size=\"12\">",
        WIDTH,
        height,
        WIDTH,
        height);
    line(svg, "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
    line(svg, "<text x=\"12\" y=\"24\" font-size=\"14\">%s</text>", escaped(title));
    int bottom = TOP + bars.size() * ROW;
    for (int tick = 0; tick <= 4; tick++) {
      int x = BARS + tick * length / 4;
      line(
          svg,
          "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\"/>",
          x,
          TOP,
          x,
          bottom,
          tick == 2 ? "#888888" : "#dddddd");
      line(
          svg,
          "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%.2f</text>",
          x,
          bottom + 16,
          tick / 4.0);
    }
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, bars.get(i), TOP + i * ROW, length);
    }
    line(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"middle\">%s</text>",
        BARS + length / 2,
        bottom + 32,
        escaped(axis));
    return svg.append("</svg>\n").toString();
  }

  private static void bar(StringBuilder svg, Bar bar, int y, int length) {
    line(
        svg,
        "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>",
        BARS - 8,
        y + 14,
        escaped(shortened(bar.label())));
    line(
        svg,
        "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\"/>",
        BARS,
        y + 3,
        bar.share() * length,
        ROW - 6,
        bar.emphasised() ? "#2166ac" : "#bbbbbb");
    line(
        svg,
        "<text x=\"%.1f\" y=\"%d\" fill=\"#444444\">%s</text>",
        BARS + bar.share() * length + 6,
        y + 14,
        escaped(bar.note()));
  }

  private static String shortened(String label) {
    return label.length() <= LABEL_CHARACTERS
        ? label
        : label.substring(0, LABEL_CHARACTERS - 1) + "…";
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  @SuppressWarnings("AnnotateFormatMethod") // as elsewhere: users would get the annotation, too
  private static void line(StringBuilder svg, String format, Object... arguments) {
    svg.append(String.format(Locale.ROOT, format, arguments)).append('\n');
  }
}
