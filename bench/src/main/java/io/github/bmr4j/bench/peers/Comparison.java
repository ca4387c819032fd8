package io.github.bmr4j.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures all workloads with all contenders. For each workload everyone is made ready and warmed
 * up; then they take turns, a sample each a round, the first one changing from round to round.
 */
public final class Comparison {

  static final String OURS = "bmr4j";
  private static final String CEILING = "ceiling";

  /** A row whose samples are long stops after so many seconds, though not before it has some. */
  private static final double SECONDS_OF_A_ROW = 20;

  private static final int FEWEST_ROUNDS = 5;

  private final ComparisonOptions options;
  private final Path root;
  private final Contenders contenders;

  private Comparison(ComparisonOptions options, Path root) throws IOException {
    this.options = options;
    this.root = root;
    Path log = root.resolve("bench/target/peers.log");
    Files.createDirectories(log.getParent());
    Files.deleteIfExists(log);
    contenders = new Contenders(root.resolve("bench/peers"), log);
  }

  /**
   * Runs the comparison and prints its tables.
   *
   * @param arguments what follows {@code --peers}
   * @throws IOException if a process cannot be started or the file not be written
   * @throws InterruptedException if this thread was interrupted
   */
  public static void run(List<String> arguments) throws IOException, InterruptedException {
    ComparisonOptions options = ComparisonOptions.of(arguments);
    Comparison comparison = new Comparison(options, Path.of(System.getProperty("bmr4j.root", ".")));
    List<String> lines = new ArrayList<>(Machine.description());
    for (int threads : options.threads()) {
      lines.addAll(comparison.table(threads));
    }
    if (!options.scaling() && options.only().matcher("cold start").find()) {
      lines.addAll(ColdStart.lines(comparison.root));
    }
    if (options.markdown() != null) {
      Files.write(options.markdown(), lines);
    }
    System.out.println();
    lines.forEach(System.out::println);
  }

  private List<String> table(int threads) throws IOException, InterruptedException {
    List<String> missing = new ArrayList<>();
    List<Contender> all = new ArrayList<>();
    try {
      all.add(contenders.java(OURS, threads));
      if (!options.scaling()) {
        all.addAll(contenders.peers(options, threads, missing));
      }
      Contender ceiling = contenders.java(CEILING, threads);
      all.add(ceiling);
      ComparisonTable table = new ComparisonTable(threads, all, missing);
      for (Workload workload : workloads(threads)) {
        if (options.only().matcher(workload.name()).find()) {
          Map<String, Samples> samples = measure(workload, threads, all);
          String line = table.add(workload, samples);
          System.err.println(threads + (threads == 1 ? " thread:  " : " threads: ") + line);
        }
      }
      return table.lines();
    } finally {
      for (Contender contender : all) {
        contender.close();
      }
    }
  }

  private List<Workload> workloads(int threads) {
    return options.scaling() ? Workloads.scaling() : Workloads.all(threads);
  }

  private Map<String, Samples> measure(Workload workload, int threads, List<Contender> all)
      throws IOException, InterruptedException {
    List<Contender> able = new ArrayList<>();
    List<Integer> calls = new ArrayList<>();
    Map<String, Samples> samples = new LinkedHashMap<>();
    for (Contender contender : all) {
      boolean isCeiling = contender.name().equals(CEILING);
      if (isCeiling && workload.ceiling() == null) {
        continue;
      }
      int fill = contender.prepare(isCeiling ? Ceilings.of(workload.ceiling(), threads) : workload);
      if (fill > 0) {
        able.add(contender);
        calls.add(fill);
        samples.put(contender.name(), new Samples(threads));
      }
    }
    long end = System.nanoTime() + (long) (1e9 * SECONDS_OF_A_ROW);
    int most = 3 * options.rounds();
    for (int round = 0; round < most && !isEnough(samples, round, end); round++) {
      for (int i = 0; i < able.size(); i++) {
        int turn = (round + i) % able.size();
        Contender contender = able.get(turn);
        contender.sample(calls.get(turn), samples.get(contender.name()));
      }
    }
    return samples;
  }

  private boolean isEnough(Map<String, Samples> samples, int round, long end) {
    if (round < Math.min(FEWEST_ROUNDS, options.rounds())) {
      return false;
    }
    return System.nanoTime() > end
        || samples.values().stream().allMatch(s -> s.counted() >= options.rounds());
  }
}
