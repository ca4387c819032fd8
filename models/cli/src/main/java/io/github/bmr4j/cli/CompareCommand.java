package io.github.bmr4j.cli;

import io.github.bmr4j.engine.inference.DivergedException;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code bmr compare}: methods × data sets × seeds, and a table. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = {
      "Does the comparative study of a paper, run by run, and prints its table: mean ± standard"
          + " deviation over seeds. Each result is in runs.jsonl of the output folder as soon as its"
          + " run is done; the same command again goes on where it was.",
      ""
    },
    footerHeading = "%nExamples:%n",
    footer = {
      "  bmr compare --study stochastic-bmr --only network=lenet --seeds 1",
      "  bmr compare --study principled-pruning --data-dir uci --seeds 3",
      "  bmr compare --study principled-pruning --data-dir uci --only data=boston,scheme=vbp",
      "  bmr compare --study bmrs --seeds 1 --only network=lenet,method=bmrs-u-4",
      "",
      "Exit codes: 0 fine, 1 a run failed, 2 bad usage or bad input."
    })
final class CompareCommand implements Callable<Integer> {

  private static final List<Study> STUDIES =
      List.of(new PrincipledPruningStudy(), new StochasticBmrStudy(), new BmrsStudy());

  @Spec private CommandSpec spec;

  @Mixin private OutputOptions output;

  @Mixin private BackendOptions backend;

  @Option(names = "--study", paramLabel = "NAME", required = true, description = "Which study.")
  private String study;

  @Option(
      names = "--only",
      paramLabel = "COLUMN=VALUE",
      split = ",",
      description = "Only the runs with this label; several columns and values may be given.")
  private List<String> only = new ArrayList<>();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "How many seeds of each configuration (default: as many as the study has).")
  private int seeds;

  @Option(
      names = "--length",
      paramLabel = "FACTOR",
      defaultValue = "1",
      description =
          "Factor of the lengths of all training, for a trial (default: ${DEFAULT-VALUE}).")
  private double length;

  @Option(
      names = "--batch",
      paramLabel = "N",
      description = "Examples in a training step, for a trial (default: as many as the study has).")
  private int batch;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Where data sets lie that are not bundled.")
  private Path dataFolder;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "DIR",
      description = "Where the results go (default: bmr-compare/STUDY).")
  private Path folder;

  CompareCommand() {}

  @Override
  public Integer call() throws Exception {
    output.apply();
    if (seeds < 0 || batch < 0) {
      throw bad("--seeds and --batch must be at least 0, but are " + seeds + " and " + batch);
    }
    if (!(length > 0 && length <= 1000)) {
      throw bad("--length must be in (0, 1000], but is " + length);
    }
    StudyScale scale = new StudyScale(length, batch);
    Study chosen = chosen();
    List<Study.Run> runs =
        selected(chosen.runs(new StudySettings(seeds, scale, dataFolder, backend)));
    Path target = folder == null ? Path.of("bmr-compare", chosen.name()) : folder;
    Files.createDirectories(target);
    StudyLog log = new StudyLog(target.resolve("runs.jsonl"));
    List<StudyLog.Entry> results = guarded(runs, log, scale);
    PrintWriter out = spec.commandLine().getOut();
    if (output.json()) {
      out.println(ResultJson.line(json(chosen, results, target)));
    } else {
      out.print(new StudyTable(results, chosen::isShown));
    }
    out.flush();
    return results.size() == runs.size() ? ExitCode.OK : ExitCode.FAILED;
  }

  private List<StudyLog.Entry> guarded(List<Study.Run> runs, StudyLog log, StudyScale scale)
      throws Exception {
    PrintWriter err = spec.commandLine().getErr();
    Thread onInterrupt =
        new Thread(
            () -> {
              long done = runs.stream().filter(run -> log.find(run, scale) != null).count();
              err.printf(
                  "bmr: Interrupted; %d of %d runs are done. To go on, give the same command"
                      + " again.%n",
                  done, runs.size());
              err.flush();
            },
            "bmr-interrupted");
    Runtime.getRuntime().addShutdownHook(onInterrupt);
    try {
      return run(runs, log, scale, err, output.quiet());
    } finally {
      try {
        Runtime.getRuntime().removeShutdownHook(onInterrupt);
      } catch (IllegalStateException shuttingDown) {
        // Then it has spoken.
        err.flush();
      }
    }
  }

  private Study chosen() {
    return STUDIES.stream()
        .filter(known -> known.name().equals(study))
        .findFirst()
        .orElseThrow(
            () ->
                bad(
                    "there is no study \""
                        + study
                        + "\"; choose one of "
                        + String.join(", ", STUDIES.stream().map(Study::name).toList())));
  }

  /** The runs that have, for each column that was named, one of the values named for it. */
  private List<Study.Run> selected(List<Study.Run> runs) {
    Map<String, List<String>> wanted = new LinkedHashMap<>();
    for (String pair : only) {
      int equals = pair.indexOf('=');
      String column = equals < 0 ? pair : pair.substring(0, equals);
      List<String> known =
          runs.stream().map(run -> run.labels().get(column)).distinct().sorted().toList();
      String value = pair.substring(equals + 1);
      if (equals < 0 || runs.isEmpty() || !runs.get(0).labels().containsKey(column)) {
        throw bad(
            "--only takes COLUMN=VALUE with a column of "
                + String.join(", ", runs.get(0).labels().keySet())
                + ", but got \""
                + pair
                + "\"");
      }
      if (!known.contains(value)) {
        throw bad(
            "--only: no run has "
                + column
                + " \""
                + value
                + "\"; there are "
                + String.join(", ", known));
      }
      wanted.computeIfAbsent(column, key -> new ArrayList<>()).add(value);
    }
    List<Study.Run> selected =
        runs.stream()
            .filter(
                run ->
                    wanted.entrySet().stream()
                        .allMatch(e -> e.getValue().contains(run.labels().get(e.getKey()))))
            .toList();
    if (selected.isEmpty()) {
      throw bad("--only: no run has all these labels: " + String.join(", ", only));
    }
    return selected;
  }

  /**
   * Does what is not done yet.
   *
   * @param runs in their order
   * @param log of what is done
   * @param scale how the runs depart from the study's own settings
   * @param err for progress, and for what failed
   * @param quiet whether there is no progress
   * @return the results of those that did not fail
   */
  static List<StudyLog.Entry> run(
      List<Study.Run> runs, StudyLog log, StudyScale scale, PrintWriter err, boolean quiet)
      throws Exception {
    List<StudyLog.Entry> results = new ArrayList<>();
    double spent = 0;
    int done = 0;
    List<String> failed = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      Study.Run run = runs.get(i);
      StudyLog.Entry entry = log.find(run, scale);
      if (entry == null) {
        long start = System.nanoTime();
        Map<String, Double> values;
        try {
          values = run.work().run();
        } catch (DivergedException failure) {
          // One run that diverges does not keep the others from being done.
          failed.add(name(run) + ": " + failure.getMessage());
          err.printf("run %d of %d failed: %s%n", i + 1, runs.size(), failed.getLast());
          err.flush();
          continue;
        }
        double seconds = (System.nanoTime() - start) * 1e-9;
        entry = new StudyLog.Entry(run.labels(), run.seed(), scale, values, seconds);
        log.add(entry);
        spent += seconds;
        done++;
        if (!quiet) {
          err.printf(
              "run %d of %d: %s, %s, about %s left%n",
              i + 1,
              runs.size(),
              name(run),
              Numbers.clock(seconds),
              Numbers.clock(spent / done * (runs.size() - i - 1)));
          err.flush();
        }
      }
      results.add(entry);
    }
    if (!failed.isEmpty()) {
      err.printf(
          "bmr: %d of %d runs failed and are missing below; the same command tries them again.%n",
          failed.size(), runs.size());
      failed.forEach(each -> err.println("  " + each));
      err.flush();
    }
    return results;
  }

  private static String name(Study.Run run) {
    return String.join(" ", run.labels().values()) + ", seed " + run.seed();
  }

  private Map<String, Object> json(Study chosen, List<StudyLog.Entry> results, Path target)
      throws IOException {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("command", "compare");
    json.put("study", chosen.name());
    json.put("length", length);
    json.put("batch", batch);
    json.put("file", target.resolve("runs.jsonl").toString());
    List<Object> runs = new ArrayList<>();
    for (StudyLog.Entry entry : results) {
      Map<String, Object> run = new LinkedHashMap<>(entry.labels());
      run.put("seed", entry.seed());
      entry.values().forEach((k, v) -> run.put(k, Double.isFinite(v) ? v : null));
      run.put("seconds", entry.seconds());
      runs.add(run);
    }
    json.put("runs", runs);
    return json;
  }

  private ParameterException bad(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
