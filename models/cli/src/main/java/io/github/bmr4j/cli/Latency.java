package io.github.bmr4j.cli;

import io.github.bmr4j.models.compact.ModelCost;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Time of one batch by the whole network and by the compact one: medians of interleaved timings.
 *
 * @param batch examples at a time
 * @param dense microseconds a batch, whole network with dense products
 * @param compact microseconds a batch, compact network
 */
record Latency(int batch, double dense, double compact) {

  /** The batches that are timed. */
  static final List<Integer> BATCHES = List.of(1, 128);

  /** How long both run before they are timed, until they are compiled. */
  private static final long WARM_UP_NANOS = 150_000_000;

  /** Duration of one timing, long against the clock. */
  private static final double TIMING_NANOS = 1e6;

  private static final int TIMINGS = 31;

  /**
   * Measures.
   *
   * @param batch examples at a time
   * @param dense does one batch
   * @param compact likewise
   */
  static Latency of(int batch, Runnable dense, Runnable compact) {
    long start = System.nanoTime();
    int rounds = 0;
    while (System.nanoTime() - start < WARM_UP_NANOS) {
      dense.run();
      compact.run();
      rounds++;
    }
    int repeats = (int) Math.max(1, Math.min(10_000, TIMING_NANOS * rounds / WARM_UP_NANOS));
    double[] denseTimes = new double[TIMINGS];
    double[] compactTimes = new double[TIMINGS];
    for (int i = 0; i < TIMINGS; i++) {
      denseTimes[i] = time(dense, repeats);
      compactTimes[i] = time(compact, repeats);
    }
    Arrays.sort(denseTimes);
    Arrays.sort(compactTimes);
    return new Latency(batch, denseTimes[TIMINGS / 2], compactTimes[TIMINGS / 2]);
  }

  private static double time(Runnable work, int repeats) {
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      work.run();
    }
    return (System.nanoTime() - start) * 1e-3 / repeats;
  }

  /** Costs and times for the result. */
  static void toJson(
      Map<String, Object> json, ModelCost before, ModelCost after, List<Latency> latencies) {
    json.put("before", cost(before));
    json.put("after", cost(after));
    List<Object> measured = new ArrayList<>();
    for (Latency latency : latencies) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("batch", latency.batch());
      entry.put("dense_microseconds", latency.dense());
      entry.put("compact_microseconds", latency.compact());
      measured.add(entry);
    }
    json.put("latency", measured);
  }

  private static Map<String, Object> cost(ModelCost cost) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("parameters", cost.parameters());
    json.put("multiply_adds", cost.multiplyAdds());
    json.put("bytes", cost.bytes());
    return json;
  }

  /** Costs and times for people. */
  static Table table(ModelCost before, ModelCost after, List<Latency> latencies) {
    Table table = new Table("", "dense", "compact");
    table.row("parameters", Numbers.count(before.parameters()), Numbers.count(after.parameters()));
    table.row(
        "multiply-adds per example",
        Numbers.count(before.multiplyAdds()),
        Numbers.count(after.multiplyAdds()));
    table.row("bytes", Numbers.count(before.bytes()), Numbers.count(after.bytes()));
    for (Latency latency : latencies) {
      table.row(
          "microseconds, batch " + latency.batch(),
          Numbers.fixed(latency.dense(), 1),
          Numbers.fixed(latency.compact(), 1));
    }
    return table;
  }
}
