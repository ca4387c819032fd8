package io.github.bmr4j.bench;

import io.github.bmr4j.bench.peers.Comparison;
import io.github.bmr4j.kernels.Backends;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.CommandLineOptionException;
import org.openjdk.jmh.runner.options.CommandLineOptions;

/**
 * Starts JMH: {@code --quick [--out FILE] [REGEX…]} runs a short set, {@code --peers} the {@link
 * Comparison} with other libraries, everything else is for JMH's own command line.
 */
public final class Main {

  private Main() {}

  /**
   * Runs the benchmarks.
   *
   * @param arguments see above
   * @throws IOException if a file cannot be written
   */
  public static void main(String[] arguments) throws IOException {
    List<String> given = Arrays.asList(arguments);
    if (!given.isEmpty() && given.get(0).equals("--peers")) {
      peers(given.subList(1, given.size()));
      return;
    }
    if (given.isEmpty() || !(given.get(0).equals("--quick") || given.get(0).equals("quick"))) {
      org.openjdk.jmh.Main.main(arguments);
      return;
    }
    try {
      quick(QuickSet.of(given.subList(1, given.size())));
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    } catch (CommandLineOptionException | RunnerException e) {
      System.err.println(e.getMessage());
      System.exit(1);
    }
  }

  private static void peers(List<String> arguments) throws IOException {
    try {
      Comparison.run(arguments);
    } catch (IllegalArgumentException e) {
      System.err.println(e.getMessage());
      System.exit(2);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      System.exit(1);
    }
  }

  private static void quick(QuickSet set)
      throws IOException, CommandLineOptionException, RunnerException {
    Path folder = Path.of(set.out()).toAbsolutePath().getParent();
    Files.createDirectories(folder);
    Collection<RunResult> results =
        new Runner(new CommandLineOptions(set.commandLine().toArray(String[]::new))).run();
    System.out.println();
    System.out.println("Medians of the iterations, SIMD with " + QuickSet.THREADS + " threads.");
    Backends.survey().forEach(a -> System.out.println(a.name() + ": " + a.reason()));
    System.out.println();
    PairTable.of(results).forEach(System.out::println);
  }
}
