package io.github.bmr4j.cli.picture;

import java.util.ArrayList;
import java.util.List;

/**
 * A chart of lines, points and bars over two axes, as SVG. Colours, fonts and strokes are the
 * page's: series number i has the class {@code s}i, the rest {@code grid}, {@code frame}, {@code
 * tick} and {@code label}. Values that are not finite are left out.
 */
public final class Chart {

  private static final int WIDTH = 420;
  private static final int HEIGHT = 270;
  private static final int LEFT = 58;
  private static final int RIGHT = 12;
  private static final int TOP = 30;
  private static final int BOTTOM = 44;
  private static final int MOST_MARKS = 60;

  private static final String STYLE =
      """
      text { font: 12px sans-serif; fill: #5b6875; }
      .label { fill: #1d2733; } .middle { text-anchor: middle; } .end { text-anchor: end; }
      .grid { stroke: #dde2e8; fill: none; } .frame { stroke: #5b6875; fill: none; }
      .line { fill: none; stroke-width: 2; stroke-linejoin: round; }
      .dashed { stroke-dasharray: 5 4; stroke: #5b6875; } .bar { fill-opacity: 0.75; }
      .s0.line { stroke: #2b6cb0; } .s1.line { stroke: #d9772b; } .s2.line { stroke: #3c8d5a; }
      .s0.mark, .s0.key, .s0.bar { fill: #2b6cb0; } .s1.mark, .s1.key, .s1.bar { fill: #d9772b; }
      .s2.mark, .s2.key, .s2.bar { fill: #3c8d5a; }
      """;

  /** Writes a series' shapes. */
  private interface Shapes {
    void write(Markup svg, String colour);
  }

  private record Series(String label, Shapes shapes) {}

  private final String title;
  private final Axis x;
  private final Axis y;
  private final List<Series> series = new ArrayList<>();

  /**
   * @param title for those who cannot see it
   * @param x from left to right
   * @param y from bottom to top
   */
  public Chart(String title, Axis x, Axis y) {
    this.title = title;
    this.x = x;
    this.y = y;
  }

  /**
   * A line through points, each marked unless there are many.
   *
   * @param label in the legend
   * @param xs in the order of the line
   * @param ys as many
   */
  public Chart line(String label, double[] xs, double[] ys) {
    requireSame(label, xs.length, ys.length);
    series.add(
        new Series(
            label,
            (svg, colour) -> {
              path(svg, colour + " line", xs, ys);
              if (xs.length <= MOST_MARKS) {
                marks(svg, colour, xs, ys);
              }
            }));
    return this;
  }

  /**
   * A dashed line, for comparison.
   *
   * @param label in the legend
   * @param xs in the order of the line
   * @param ys as many
   */
  public Chart dashed(String label, double[] xs, double[] ys) {
    requireSame(label, xs.length, ys.length);
    series.add(new Series(label, (svg, colour) -> path(svg, colour + " line dashed", xs, ys)));
    return this;
  }

  /**
   * Bars that stand on the axis.
   *
   * @param label in the legend
   * @param edges of the bars, ascending; one more than bars
   * @param heights of the bars; one that is not above the axis is not drawn
   */
  public Chart bars(String label, double[] edges, double[] heights) {
    requireSame(label, edges.length, heights.length + 1);
    series.add(
        new Series(
            label,
            (svg, colour) -> {
              for (int i = 0; i < heights.length; i++) {
                if (Double.isFinite(heights[i]) && heights[i] > y.min()) {
                  double left = px(edges[i]);
                  svg.empty(
                      "rect",
                      "class",
                      colour + " bar",
                      "x",
                      left,
                      "y",
                      py(heights[i]),
                      "width",
                      Math.max(0.5, px(edges[i + 1]) - left - 0.5),
                      "height",
                      py(y.min()) - py(heights[i]));
                }
              }
            }));
    return this;
  }

  /** The diagonal from corner to corner, as a reliability diagram has it. */
  public Chart diagonal() {
    series.add(
        new Series(
            null,
            (svg, colour) ->
                path(
                    svg,
                    "grid dashed",
                    new double[] {x.min(), x.max()},
                    new double[] {y.min(), y.max()})));
    return this;
  }

  private static void requireSame(String label, int xs, int ys) {
    if (xs != ys) {
      throw new IllegalArgumentException(
          "The series '" + label + "' does not fit: " + xs + " against " + ys);
    }
  }

  private double px(double value) {
    return LEFT + x.at(value) * (WIDTH - LEFT - RIGHT);
  }

  private double py(double value) {
    return HEIGHT - BOTTOM - y.at(value) * (HEIGHT - TOP - BOTTOM);
  }

  private void path(Markup svg, String style, double[] xs, double[] ys) {
    StringBuilder d = new StringBuilder();
    boolean drawing = false;
    for (int i = 0; i < xs.length; i++) {
      boolean finite = Double.isFinite(xs[i]) && Double.isFinite(ys[i]);
      if (finite) {
        d.append(drawing ? 'L' : 'M').append(Markup.number(px(xs[i]))).append(' ');
        d.append(Markup.number(py(ys[i])));
      }
      drawing = finite;
    }
    svg.empty("path", "class", style, "d", d);
  }

  private void marks(Markup svg, String colour, double[] xs, double[] ys) {
    for (int i = 0; i < xs.length; i++) {
      if (Double.isFinite(xs[i]) && Double.isFinite(ys[i])) {
        svg.empty("circle", "class", colour + " mark", "cx", px(xs[i]), "cy", py(ys[i]), "r", 2.5);
      }
    }
  }

  /** The chart as an {@code svg} element of a page that has the styles. */
  public String svg() {
    return svg("");
  }

  /** The chart as a file of its own, with its styles, on white. */
  public String standalone() {
    return svg(STYLE);
  }

  private String svg(String style) {
    Markup svg = new Markup();
    svg.open(
        "svg",
        "xmlns",
        "http://www.w3.org/2000/svg",
        "viewBox",
        "0 0 " + WIDTH + " " + HEIGHT,
        "role",
        "img",
        "aria-label",
        title);
    if (!style.isEmpty()) {
      svg.element("style", style);
      svg.empty("rect", "width", "100%", "height", "100%", "fill", "white");
    }
    axes(svg);
    int colour = 0;
    double legend = LEFT;
    for (Series each : series) {
      each.shapes().write(svg, "s" + colour);
      if (each.label() != null) {
        svg.empty(
            "rect",
            "class",
            "s" + colour + " key",
            "x",
            legend,
            "y",
            TOP - 19.0,
            "width",
            10,
            "height",
            10);
        svg.element("text", each.label(), "class", "tick", "x", legend + 14, "y", TOP - 10.0);
        legend += 30 + 6.2 * each.label().length();
        colour++;
      }
    }
    return svg.close("svg").toString();
  }

  private void axes(Markup svg) {
    double bottom = HEIGHT - BOTTOM;
    double right = WIDTH - RIGHT;
    for (Axis.Tick tick : x.ticks()) {
      double at = px(tick.value());
      if (x.names().isEmpty()) {
        svg.empty("line", "class", "grid", "x1", at, "y1", TOP, "x2", at, "y2", bottom);
      }
      svg.element("text", tick.text(), "class", "tick middle", "x", at, "y", bottom + 16);
    }
    for (Axis.Tick tick : y.ticks()) {
      double at = py(tick.value());
      svg.empty("line", "class", "grid", "x1", LEFT, "y1", at, "x2", right, "y2", at);
      svg.element("text", tick.text(), "class", "tick end", "x", LEFT - 6, "y", at + 4);
    }
    svg.empty(
        "path",
        "class",
        "frame",
        "d",
        "M" + LEFT + " " + TOP + "V" + Markup.number(bottom) + "H" + Markup.number(right));
    svg.element(
        "text", x.label(), "class", "label middle", "x", 0.5 * (LEFT + right), "y", HEIGHT - 8);
    svg.element(
        "text",
        y.label(),
        "class",
        "label middle",
        "transform",
        "translate(13 " + Markup.number(0.5 * (TOP + bottom)) + ") rotate(-90)");
  }
}
