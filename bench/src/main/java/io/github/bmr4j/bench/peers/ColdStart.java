package io.github.bmr4j.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** How long whole processes take, from their start to their end, that do little. */
final class ColdStart {

  private static final int RUNS = 7;

  private ColdStart() {}

  /**
   * Measures and describes.
   *
   * @param root of the project
   */
  static List<String> lines(Path root) throws IOException, InterruptedException {
    List<String> firstStep = new ArrayList<>(Contenders.javaCommand());
    firstStep.add(FirstStep.class.getName());
    return List.of(
        "",
        "### Cold start",
        "",
        "| process | seconds |",
        "|---|--:|",
        row("JVM to the end of the first step, digits MLP", firstStep),
        row("`bmr doctor`", List.of(root.resolve("bmr").toString(), "doctor")));
  }

  private static String row(String name, List<String> command)
      throws IOException, InterruptedException {
    run(command);
    double[] seconds = new double[RUNS];
    for (int i = 0; i < RUNS; i++) {
      long start = System.nanoTime();
      run(command);
      seconds[i] = 1e-9 * (System.nanoTime() - start);
    }
    Arrays.sort(seconds);
    return String.format(
        Locale.ROOT,
        "| %s | %.2f [%.2f–%.2f] |",
        name,
        seconds[RUNS / 2],
        seconds[RUNS / 4],
        seconds[3 * RUNS / 4]);
  }

  private static void run(List<String> command) throws IOException, InterruptedException {
    int status =
        new ProcessBuilder(command)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start()
            .waitFor();
    if (status != 0) {
      throw new IOException(String.join(" ", command) + " ended with status " + status);
    }
  }
}
