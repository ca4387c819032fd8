package io.github.bmr4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A selection that takes less than five minutes: every subject once, at the size that says most, in
 * one short fork each. Good for "did something break", not for a difference of a few per cent.
 */
final class QuickSet {

  private static final List<String> BENCHMARKS =
      List.of(
          "FmaPeakBenchmark",
          "TriadBenchmark",
          "MatrixProductBenchmark",
          "NoiseBenchmark.normal",
          "VariationalBenchmark",
          "EvidenceBenchmark",
          "ElementwiseBenchmark",
          "ReductionBenchmark",
          "TrainingStepBenchmark");

  /** Values by the name of a parameter; JMH passes over those that a benchmark lacks. */
  private static final Map<String, String> PARAMETERS =
      new TreeMap<>(
          Map.of(
              "threads", "2",
              "shape", "120x784x500,512x512x512",
              "triadLength", "32768,16777216",
              "draws", "1000000",
              "weights", "1000000",
              "candidates", "8",
              "function", "SWISH,SOFTPLUS,EXP",
              "length", "60000"));

  private QuickSet() {}

  /**
   * The command line for JMH.
   *
   * @param given {@code --out FILE} and regular expressions that replace the benchmarks of the set
   * @throws IllegalArgumentException for anything else
   */
  static List<String> arguments(List<String> given) {
    String out = "bench/target/quick.json";
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < given.size(); i++) {
      String argument = given.get(i);
      if (argument.equals("--out") && i + 1 < given.size()) {
        i++;
        out = given.get(i);
      } else if (argument.startsWith("-")) {
        throw new IllegalArgumentException(
            "--quick takes --out FILE and names of benchmarks, but was given \""
                + argument
                + "\"; for JMH's own options leave --quick away");
      } else {
        chosen.add(argument);
      }
    }
    List<String> all = new ArrayList<>(chosen.isEmpty() ? BENCHMARKS : chosen);
    all.addAll(
        List.of(
            "-f", "1", "-wi", "3", "-i", "5", "-w", "300ms", "-r", "300ms", "-foe", "true", "-rf",
            "json", "-rff", out));
    PARAMETERS.forEach((name, values) -> all.addAll(List.of("-p", name + "=" + values)));
    return all;
  }
}
