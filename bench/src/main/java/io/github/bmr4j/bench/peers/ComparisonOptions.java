package io.github.bmr4j.bench.peers;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What {@code --peers} takes.
 *
 * @param threads numbers of threads, each a table of its own
 * @param rounds samples of each contender on each workload
 * @param scaling whether this library's cost is measured as a function of sizes, without peers
 * @param only which workloads, by a part of their names
 * @param peers which contenders beside this library, by a part of their names
 * @param markdown where the tables are written, too; null for nowhere
 */
record ComparisonOptions(
    List<Integer> threads,
    int rounds,
    boolean scaling,
    Pattern only,
    Pattern peers,
    Path markdown) {

  private static final String SCALING = "--scaling";

  static final String USAGE =
      """
      ./bmr-bench --peers [--threads 1,2] [--rounds 15] [--only REGEX] [--peer REGEX]
                          [--markdown FILE] [--scaling]
      """;

  /**
   * Reads the arguments after {@code --peers}.
   *
   * @throws IllegalArgumentException for what is not understood
   */
  static ComparisonOptions of(List<String> given) {
    List<Integer> threads = List.of(1, 2);
    int rounds = 15;
    Pattern only = Pattern.compile("");
    Pattern peers = Pattern.compile("");
    Path markdown = null;
    boolean scaling = given.contains(SCALING);
    List<String> pairs = given.stream().filter(argument -> !argument.equals(SCALING)).toList();
    for (int i = 0; i < pairs.size(); i += 2) {
      String option = pairs.get(i);
      if (i + 1 == pairs.size()) {
        throw new IllegalArgumentException(option + " needs a value, or is unknown. " + USAGE);
      }
      String value = pairs.get(i + 1);
      switch (option) {
        case "--threads" ->
            threads = Arrays.stream(value.split(",", -1)).map(t -> positive(option, t)).toList();
        case "--rounds" -> rounds = positive(option, value);
        case "--only" -> only = pattern(option, value);
        case "--peer" -> peers = pattern(option, value);
        case "--markdown" -> markdown = Path.of(value);
        default ->
            throw new IllegalArgumentException("--peers does not know " + option + ". " + USAGE);
      }
    }
    return new ComparisonOptions(threads, rounds, scaling, only, peers, markdown);
  }

  private static int positive(String option, String value) {
    try {
      int number = Integer.parseInt(value);
      if (number >= 1) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new IllegalArgumentException(
        option + " takes whole numbers of at least 1, but got \"" + value + '"');
  }

  private static Pattern pattern(String option, String value) {
    try {
      return Pattern.compile(value);
    } catch (PatternSyntaxException e) {
      throw new IllegalArgumentException(
          option + " takes a regular expression, but got \"" + value + "\": " + e.getMessage(), e);
    }
  }
}
