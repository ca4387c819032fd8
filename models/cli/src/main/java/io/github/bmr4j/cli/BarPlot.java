package io.github.bmr4j.cli;

import io.github.bmr4j.cli.picture.Markup;
import java.util.ArrayList;
import java.util.List;

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
    int bottom = TOP + bars.size() * ROW;
    int height = bottom + BOTTOM;
    int length = WIDTH - BARS - 80;
    Markup svg = new Markup();
    svg.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "width",
        WIDTH,
        "height",
        height,
        "viewBox",
        "0 0 " + WIDTH + " " + height,
        "font-family",
        "sans-serif",
        "font-size",
        12);
    svg.empty("rect", "width", "100%", "height", "100%", "fill", "white");
    svg.element("text", title, "x", 12, "y", 24, "font-size", 14);
    for (int tick = 0; tick <= 4; tick++) {
      int x = BARS + tick * length / 4;
      String colour = tick == 2 ? "#888888" : "#dddddd";
      svg.empty("line", "x1", x, "y1", TOP, "x2", x, "y2", bottom, "stroke", colour);
      svg.element(
          "text", Numbers.fixed(tick / 4.0, 2), "x", x, "y", bottom + 16, "text-anchor", "middle");
    }
    for (int i = 0; i < bars.size(); i++) {
      bar(svg, bars.get(i), TOP + i * ROW, length);
    }
    svg.element("text", axis, "x", BARS + length / 2, "y", bottom + 32, "text-anchor", "middle");
    return svg.close("svg").toString();
  }

  private static void bar(Markup svg, Bar bar, int y, int length) {
    svg.element("text", shortened(bar.label()), "x", BARS - 8, "y", y + 14, "text-anchor", "end");
    svg.empty(
        "rect",
        "x",
        BARS,
        "y",
        y + 3,
        "width",
        bar.share() * length,
        "height",
        ROW - 6,
        "fill",
        bar.emphasised() ? "#2166ac" : "#bbbbbb");
    svg.element(
        "text", bar.note(), "x", BARS + bar.share() * length + 6, "y", y + 14, "fill", "#444444");
  }

  private static String shortened(String label) {
    return label.length() <= LABEL_CHARACTERS
        ? label
        : label.substring(0, LABEL_CHARACTERS - 1) + "…";
  }
}
