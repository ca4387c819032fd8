package io.github.bmr4j.cli;

import io.github.bmr4j.cli.picture.Chart;
import io.github.bmr4j.cli.picture.Markup;
import java.util.Locale;

/**
 * A chart of a report.
 *
 * @param title above it
 * @param chart itself
 * @param note below it: what it shows
 */
record Figure(String title, Chart chart, String note) {

  /** Writes it into a page. */
  void write(Markup page) {
    page.open("figure").element("h3", title).markup(chart.svg());
    page.element("figcaption", note).close("figure");
  }

  /** A file name for it. */
  String fileName() {
    return title.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-") + ".svg";
  }
}
