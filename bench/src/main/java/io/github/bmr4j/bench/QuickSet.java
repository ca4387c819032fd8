package io.github.bmr4j.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A selection that takes less than five minutes: every subject, at the sizes that say most, in one
 * short fork each. Good for "did something break", not for a difference of a few per cent. An
 * OpenCL device is measured only where benchmarks are chosen by name, since not every machine has
 * one.
 *
 * @param out the file of JMH's results in JSON
 * @param chosen regular expressions of the benchmarks
 */
record QuickSet(String out, List<String> chosen) {

  /** Threads of the SIMD back end. */
  static final String THREADS = "2";

  private static final String DEFAULT_OUT = "bench/target/quick.json";

  private static final List<String> BENCHMARKS =
      List.of(
          "FmaPeakBenchmark",
          "TriadBenchmark",
          "MatrixProductBenchmark",
          "ConvolutionBenchmark",
          "PoolingBenchmark",
          "SequenceBenchmark",
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
              "threads", THREADS,
              "shape", "120x784x500,512x512x512",
              "convolution", "128x20x12x50x5x0",
              "pooling", "2560x24x2x2",
              "triadLength", "32768,16777216",
              "draws", "1000000",
              "weights", "1000000",
              "candidates", "8",
              "function", "SWISH,SOFTPLUS,EXP",
              "length", "60000"));

  /**
   * Reads the arguments after {@code --quick}.
   *
   * @param given {@code --out FILE} and regular expressions that replace the benchmarks of the set
   * @throws IllegalArgumentException for anything else
   */
  static QuickSet of(List<String> given) {
    String out = DEFAULT_OUT;
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
    return new QuickSet(out, chosen.isEmpty() ? BENCHMARKS : chosen);
  }

  /** For JMH. Two seconds of warm-up: with one, C2 had not finished the larger kernels. */
  List<String> commandLine() {
    List<String> all = new ArrayList<>(chosen);
    if (chosen.equals(BENCHMARKS)) {
      all.addAll(List.of("-e", "OpenCl$"));
    }
    all.addAll(List.of("-f", "1", "-wi", "5", "-w", "400ms", "-i", "5", "-r", "300ms"));
    all.addAll(List.of("-foe", "true", "-rf", "json", "-rff", out));
    PARAMETERS.forEach((name, values) -> all.addAll(List.of("-p", name + "=" + values)));
    return all;
  }
}
