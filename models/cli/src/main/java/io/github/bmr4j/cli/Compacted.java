package io.github.bmr4j.cli;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.compact.CompactNetwork;
import io.github.bmr4j.models.compact.CompactPrediction;
import io.github.bmr4j.models.compact.CompactPrediction.Product;
import io.github.bmr4j.models.compact.Compaction;
import io.github.bmr4j.models.compact.ModelCost;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.method.SampledNetwork;
import io.github.bmr4j.models.network.Network;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The compact network of a run, and what it costs beside the network before pruning.
 *
 * @param network what is left
 * @param before cost of the whole network
 * @param latencies of both, a batch each
 */
record Compacted(CompactNetwork network, ModelCost before, List<Latency> latencies) {

  /** Posterior samples in the file: enough for a predictive, and the file stays small. */
  private static final int SAMPLES = 10;

  private static final List<Integer> BATCHES = List.of(1, 128);

  /** How long both run before they are timed, until they are compiled. */
  private static final long WARM_UP_NANOS = 150_000_000;

  /** Duration of one timing, long against the clock. */
  private static final double TIMING_NANOS = 1e6;

  private static final int TIMINGS = 31;

  /**
   * Class probabilities at the posterior's mean: medians of interleaved timings.
   *
   * @param batch examples at a time
   * @param dense microseconds a batch, whole network with dense products
   * @param compact microseconds a batch, compact network
   */
  record Latency(int batch, double dense, double compact) {}

  /**
   * Compacts and measures.
   *
   * @param backend does the work
   * @param model trained and pruned
   * @param data examples to predict
   */
  static Compacted of(Backend backend, SampledNetwork model, Dataset data) {
    CompactNetwork compact = Compaction.of(backend, model, SAMPLES);
    CompactNetwork whole = whole(backend, model.network());
    List<Latency> latencies = new ArrayList<>();
    for (int batch : BATCHES) {
      latencies.add(
          latency(
              new CompactPrediction(backend, whole, batch, Product.DENSE),
              new CompactPrediction(backend, compact, batch),
              features(data, batch),
              batch,
              whole.outputs()));
    }
    return new Compacted(compact, whole.cost(), latencies);
  }

  /** The network before pruning, for its cost; how large its weights are does not matter. */
  private static CompactNetwork whole(Backend backend, Network network) {
    Map<String, List<float[]>> weights = new HashMap<>();
    for (ParameterBlock block : network.parameters()) {
      float[] values = new float[block.size()];
      Arrays.fill(values, 1f / block.columns());
      weights.put(block.layer(), List.of(values));
    }
    return Compaction.of(backend, network, weights);
  }

  private static float[] features(Dataset data, int batch) {
    int inputs = data.inputShape().size();
    float[] features = new float[batch * inputs];
    for (int i = 0; i < batch; i++) {
      data.copyFeatures(i % data.size(), 1, features, i * inputs);
    }
    return features;
  }

  private static Latency latency(
      CompactPrediction dense, CompactPrediction compact, float[] x, int batch, int classes) {
    float[] out = new float[batch * classes];
    long start = System.nanoTime();
    int rounds = 0;
    while (System.nanoTime() - start < WARM_UP_NANOS) {
      dense.probabilitiesAtMean(x, batch, out);
      compact.probabilitiesAtMean(x, batch, out);
      rounds++;
    }
    int repeats = (int) Math.max(1, Math.min(10_000, TIMING_NANOS * rounds / WARM_UP_NANOS));
    double[] denseTimes = new double[TIMINGS];
    double[] compactTimes = new double[TIMINGS];
    for (int i = 0; i < TIMINGS; i++) {
      denseTimes[i] = time(dense, x, batch, out, repeats);
      compactTimes[i] = time(compact, x, batch, out, repeats);
    }
    Arrays.sort(denseTimes);
    Arrays.sort(compactTimes);
    return new Latency(batch, denseTimes[TIMINGS / 2], compactTimes[TIMINGS / 2]);
  }

  private static double time(
      CompactPrediction prediction, float[] x, int batch, float[] out, int repeats) {
    long start = System.nanoTime();
    for (int i = 0; i < repeats; i++) {
      prediction.probabilitiesAtMean(x, batch, out);
    }
    return (System.nanoTime() - start) * 1e-3 / repeats;
  }

  /** What the result says of it. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("selected_inputs", network.selectedInputs().size());
    json.put("units", network.units());
    json.put("samples", network.samples());
    json.put("before", cost(before));
    json.put("after", cost(network.cost()));
    List<Object> measured = new ArrayList<>();
    for (Latency latency : latencies) {
      Map<String, Object> entry = new LinkedHashMap<>();
      entry.put("batch", latency.batch());
      entry.put("dense_microseconds", latency.dense());
      entry.put("compact_microseconds", latency.compact());
      measured.add(entry);
    }
    json.put("latency", measured);
    return json;
  }

  private static Map<String, Object> cost(ModelCost cost) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("parameters", cost.parameters());
    json.put("multiply_adds", cost.multiplyAdds());
    json.put("bytes", cost.bytes());
    return json;
  }

  /** For people. */
  Table table() {
    ModelCost after = network.cost();
    Table table = new Table("", "dense", "compact");
    table.row("parameters", count(before.parameters()), count(after.parameters()));
    table.row(
        "multiply-adds per example", count(before.multiplyAdds()), count(after.multiplyAdds()));
    table.row("bytes", count(before.bytes()), count(after.bytes()));
    for (Latency latency : latencies) {
      table.row(
          "microseconds, batch " + latency.batch(),
          Numbers.fixed(latency.dense(), 1),
          Numbers.fixed(latency.compact(), 1));
    }
    return table;
  }

  private static String count(long n) {
    return Numbers.count(n);
  }
}
