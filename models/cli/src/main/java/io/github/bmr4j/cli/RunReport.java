package io.github.bmr4j.cli;

import io.github.bmr4j.cli.picture.Markup;
import io.github.bmr4j.models.io.AtomicFiles;
import io.github.bmr4j.models.io.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The results of a run as one HTML page that needs no other file and no script: what {@code
 * result.json} says as tables and charts, and what certificate and posterior say of each weight as
 * histograms and pictures. A part for which the results have nothing is left out.
 */
final class RunReport {

  /** A metric and how it is shown. */
  private record Metric(String key, String name, int digits) {}

  private static final List<Metric> METRICS =
      List.of(
          new Metric("accuracy", "accuracy", 4),
          new Metric("rmse", "RMSE", 4),
          new Metric("nll", "NLL (nats per example)", 4),
          new Metric("ece", "ECE (20 equal-mass buckets)", 4),
          new Metric("ece_equal_width", "ECE (15 equal-width bins)", 4),
          new Metric("brier", "Brier score", 4),
          new Metric("lpd", "LPD (nats per example)", 4),
          new Metric("elbo", "ELBO (nats)", 1),
          new Metric("kl", "KL of the posterior from the prior (nats)", 1),
          new Metric("weights", "weights in the model", 0));

  private final JsonFields result;
  private final Markup page = new Markup();

  private RunReport(JsonFields result) {
    this.result = result;
  }

  /**
   * Writes the page, atomically.
   *
   * @param target the file
   * @param result what {@code --json} prints
   * @param folder that has the run's certificate and posterior
   */
  static void write(Path target, JsonFields result, Path folder) throws IOException {
    AtomicFiles.writeText(target, html(result, folder));
  }

  /**
   * The page.
   *
   * @param result what {@code --json} prints
   * @param folder that has the run's certificate and posterior
   */
  static String html(JsonFields result, Path folder) throws IOException {
    return new RunReport(result).page(folder);
  }

  private String page(Path folder) throws IOException {
    String title =
        String.format(
            "%s: %s on %s, seed %s",
            result.text("method").isEmpty() ? "pruning" : result.text("method"),
            result.text("network"),
            result.text("data"),
            result.text("seed"));
    page.open("html", "lang", "en").open("head");
    page.empty("meta", "charset", "utf-8");
    page.empty("meta", "name", "viewport", "content", "width=device-width, initial-scale=1");
    page.empty("meta", "name", "color-scheme", "content", "light dark");
    page.element("title", title);
    page.open("style").markup(style()).close("style").close("head");
    page.open("body").element("h1", title);
    tiles();
    page.open("div", "class", "columns");
    comparison();
    page.open("div", "class", "stack");
    layers();
    latency();
    page.close("div").close("div");
    page.open("div", "class", "charts");
    Optional<WeightPictures> pictures = pictures(result, folder);
    figures(result, pictures).forEach(figure -> figure.write(page));
    page.close("div").open("div", "class", "columns");
    pictures.ifPresent(
        each -> {
          each.fields(page);
          each.masks(page);
        });
    page.close("div");
    details();
    return "<!DOCTYPE html>\n" + page.close("body").close("html");
  }

  /**
   * The charts of a run.
   *
   * @param result what {@code --json} prints
   * @param folder that has the run's certificate and posterior
   */
  static List<Figure> figures(JsonFields result, Path folder) throws IOException {
    return figures(result, pictures(result, folder));
  }

  private static List<Figure> figures(JsonFields result, Optional<WeightPictures> pictures) {
    List<Figure> figures = new ArrayList<>(RunCharts.of(result));
    pictures.ifPresent(each -> figures.addAll(each.histograms()));
    return figures;
  }

  private static Optional<WeightPictures> pictures(JsonFields result, Path folder)
      throws IOException {
    Path certificate = folder.resolve(ResultFiles.CERTIFICATE);
    // An earlier run may have left one in the folder.
    return result.object("files").has("certificate") && Files.exists(certificate)
        ? WeightPictures.of(certificate, folder.resolve(ResultFiles.POSTERIOR), result)
        : Optional.empty();
  }

  private static String style() {
    try (InputStream in = RunReport.class.getResourceAsStream("report.css")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void tiles() {
    JsonFields before = result.object("before");
    JsonFields after = result.object("after");
    page.open("div", "class", "tiles");
    boolean pruned = isPruned(result);
    double kept = after.number("weights") / before.number("weights");
    tile("weights left", Numbers.percent(kept), Numbers.fixed(after.number("weights"), 0));
    for (Metric metric : METRICS.subList(0, 4)) {
      if (after.has(metric.key())) {
        tile(
            metric.name().replaceAll(" \\(.*", ""),
            Numbers.fixed(after.number(metric.key()), 4),
            pruned ? "before: " + Numbers.fixed(before.number(metric.key()), 4) : "trained");
      }
    }
    if (pruned && result.has("delta_f_predicted")) {
      tile(
          "log evidence",
          Numbers.signed(result.number("delta_f_predicted"), 1) + " nats",
          result.has("delta_f_realised")
              ? "ELBO realised: " + Numbers.signed(result.number("delta_f_realised"), 1)
              : "as predicted");
    }
    page.close("div");
  }

  private void tile(String name, String value, String note) {
    page.open("div", "class", "tile");
    page.element("span", name).element("strong", value).element("span", note);
    page.close("div");
  }

  /**
   * Whether the run was to prune at all.
   *
   * @param result what {@code --json} prints
   */
  static boolean isPruned(JsonFields result) {
    return !result.text("command").equals("train");
  }

  private void comparison() {
    boolean pruned = isPruned(result);
    List<List<String>> rows = new ArrayList<>();
    rows.add(pruned ? List.of("", "before", "after") : List.of("", "trained"));
    for (Metric metric : METRICS) {
      if (result.object("after").has(metric.key())) {
        String before =
            Numbers.fixed(result.object("before").number(metric.key()), metric.digits());
        String after = Numbers.fixed(result.object("after").number(metric.key()), metric.digits());
        rows.add(pruned ? List.of(metric.name(), before, after) : List.of(metric.name(), after));
      }
    }
    table(pruned ? "Before and after pruning" : "On the test set", rows);
  }

  private void layers() {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("layer", "shape", "weights", "kept", "", "units left"));
    for (JsonFields layer : result.objects("layers")) {
      boolean structures = layer.has("structures");
      double all = layer.number(structures ? "structures" : "weights");
      rows.add(
          List.of(
              layer.text("name"),
              Numbers.fixed(layer.number("inputs"), 0)
                  + " to "
                  + Numbers.fixed(structures ? all : layer.number("outputs"), 0),
              Numbers.fixed(layer.number("weights"), 0),
              Numbers.fixed(layer.number("kept"), 0),
              Numbers.percent(layer.number("kept") / all),
              Numbers.fixed(layer.number(structures ? "kept" : "kept_outputs"), 0)));
    }
    if (rows.size() > 1) {
      table("Layers", rows);
    }
  }

  private void latency() {
    JsonFields compact = result.object("compact");
    if (compact.members().isEmpty()) {
      return;
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "whole", "compact"));
    for (String key : List.of("parameters", "multiply_adds", "bytes")) {
      rows.add(
          List.of(
              key.equals("multiply_adds") ? "multiply-adds per example" : key,
              Numbers.fixed(compact.object("before").number(key), 0),
              Numbers.fixed(compact.object("after").number(key), 0)));
    }
    for (JsonFields each : compact.objects("latency")) {
      rows.add(
          List.of(
              "microseconds, batch " + each.text("batch"),
              Numbers.fixed(each.number("dense_microseconds"), 1),
              Numbers.fixed(each.number("compact_microseconds"), 1)));
    }
    table("The compact network", rows);
  }

  private void table(String title, List<List<String>> rows) {
    page.open("section").element("h2", title).open("div", "class", "wide").open("table");
    for (int r = 0; r < rows.size(); r++) {
      page.open("tr");
      for (String cell : rows.get(r)) {
        page.element(r == 0 ? "th" : "td", cell);
      }
      page.close("tr");
    }
    page.close("table").close("div").close("section");
  }

  private void details() {
    page.open("section").element("h2", "How it came to be").open("div", "class", "columns");
    for (String part : List.of("config", "dataset", "versions", "seconds")) {
      if (result.has(part)) {
        page.open("div").element("h3", part).open("dl");
        for (Map.Entry<?, ?> entry : result.object(part).members().entrySet()) {
          page.element("dt", String.valueOf(entry.getKey()));
          page.element("dd", text(entry.getValue()));
        }
        page.close("dl").close("div");
      }
    }
    page.close("div").close("section");
  }

  private static String text(Object value) {
    return switch (value) {
      case null -> "-";
      // Seconds to ten digits say no more.
      case Double number -> Float.toString(number.floatValue());
      case Map<?, ?> map -> Json.write(map);
      case List<?> list -> Json.write(list);
      default -> value.toString();
    };
  }
}
