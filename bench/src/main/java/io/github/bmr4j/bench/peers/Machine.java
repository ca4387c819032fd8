package io.github.bmr4j.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the numbers were measured on. */
final class Machine {

  private Machine() {}

  static List<String> description() {
    Runtime runtime = Runtime.getRuntime();
    return List.of(
        processor()
            + ", "
            + runtime.availableProcessors()
            + " processors, "
            + System.getProperty("os.name")
            + ' '
            + System.getProperty("os.version")
            + ", Java "
            + Runtime.version()
            + (SchedulerTimes.known()
                ? "."
                : ". This system does not tell how long threads wait for a processor, so all times"
                    + " are the wall clock's."));
  }

  private static String processor() {
    try {
      return Files.readAllLines(Path.of("/proc/cpuinfo")).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
