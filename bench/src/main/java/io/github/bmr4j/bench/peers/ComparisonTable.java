package io.github.bmr4j.bench.peers;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** One table in Markdown: medians with their quartiles, and how much faster than the best peer. */
final class ComparisonTable {

  private static final String CEILING = "ceiling";

  private final int threads;
  private final List<Contender> contenders;
  private final List<String> missing;
  private final List<String> rows = new ArrayList<>();
  private boolean disturbed;

  ComparisonTable(int threads, List<Contender> contenders, List<String> missing) {
    this.threads = threads;
    this.contenders = contenders.stream().filter(c -> !c.name().equals(CEILING)).toList();
    this.missing = missing;
  }

  /** Adds a row and returns it. */
  String add(Workload workload, Map<String, Samples> samples) {
    StringBuilder row = new StringBuilder("| " + workload.name() + " | " + workload.unit().symbol);
    for (Contender contender : contenders) {
      row.append(" | ").append(cell(workload, samples.get(contender.name())));
    }
    Samples ours = samples.get(Comparison.OURS);
    row.append(" | ").append(ratio(ours, samples));
    row.append(" | ").append(ofCeiling(workload, ours, samples.get(CEILING))).append(" |");
    rows.add(row.toString());
    return row.toString();
  }

  private String cell(Workload workload, Samples samples) {
    if (samples == null) {
      return "–";
    }
    disturbed |= samples.disturbed();
    double low = workload.shown(samples.quantile(0.25));
    double high = workload.shown(samples.quantile(0.75));
    return number(workload.shown(samples.median()))
        + " ["
        + number(Math.min(low, high))
        + "–"
        + number(Math.max(low, high))
        + "]"
        + (samples.disturbed() ? "*" : "");
  }

  private static String ratio(Samples ours, Map<String, Samples> all) {
    String best = null;
    for (Map.Entry<String, Samples> entry : all.entrySet()) {
      boolean isPeer = !entry.getKey().equals(Comparison.OURS) && !entry.getKey().equals(CEILING);
      if (isPeer && (best == null || entry.getValue().median() < all.get(best).median())) {
        best = entry.getKey();
      }
    }
    if (ours == null || best == null) {
      return "–";
    }
    return number(all.get(best).median() / ours.median()) + " × " + best;
  }

  private String ofCeiling(Workload workload, Samples ours, Samples ceiling) {
    if (ours == null || ceiling == null) {
      return "–";
    }
    double most = Ceilings.of(workload.ceiling(), threads).shown(ceiling.median());
    return Math.round(100 * workload.shown(ours.median()) / most) + " %";
  }

  /** Three digits. */
  private static String number(double value) {
    int decimals = Math.max(0, 2 - (int) Math.floor(Math.log10(value)));
    return String.format(Locale.ROOT, "%." + decimals + "f", value);
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    lines.add("");
    lines.add("### " + threads + (threads == 1 ? " thread" : " threads"));
    lines.add("");
    List<String> names = contenders.stream().map(Contender::name).toList();
    lines.add(
        "| workload | unit | "
            + String.join(" | ", names)
            + " | faster than the best | of ceiling |");
    lines.add("|---|---|" + String.join("", Collections.nCopies(names.size() + 2, "--:|")));
    lines.addAll(rows);
    lines.add("");
    lines.add(
        "Medians [quartiles]" + (threads == 1 ? " of processor time." : " of wall-clock time."));
    if (disturbed) {
      lines.add("* too few samples were undisturbed; the least disturbed third stands for them.");
    }
    contenders.forEach(c -> lines.add("* " + c.name() + ": " + c.version()));
    missing.forEach(m -> lines.add("* missing: " + m));
    return lines;
  }
}
