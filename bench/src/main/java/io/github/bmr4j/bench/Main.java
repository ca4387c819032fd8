package io.github.bmr4j.bench;

import io.github.bmr4j.kernels.Backends;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;

/**
 * Starts JMH: {@code --quick [--out FILE] [REGEX…]} runs a short set, everything else is for JMH's
 * own command line.
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
    boolean quick =
        !given.isEmpty() && (given.get(0).equals("--quick") || given.get(0).equals("quick"));
    if (quick) {
      Backends.survey().forEach(a -> System.out.println("# " + a.name() + ": " + a.reason()));
    }
    List<String> forJmh = quick ? QuickSet.arguments(given.subList(1, given.size())) : given;
    org.openjdk.jmh.Main.main(forJmh.toArray(String[]::new));
  }
}
