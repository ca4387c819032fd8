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
  static final int SAMPLES = 10;

  /**
   * Compacts and measures.
   *
   * @param backend does the work
   * @param model trained and pruned
   * @param data examples to predict
   */
  static Compacted of(Backend backend, SampledNetwork model, Dataset data) {
    return of(backend, model.network(), Compaction.of(backend, model, SAMPLES), data);
  }

  /**
   * Measures.
   *
   * @param backend does the work
   * @param network before pruning
   * @param compact what is left of it
   * @param data examples to predict
   */
  static Compacted of(Backend backend, Network network, CompactNetwork compact, Dataset data) {
    CompactNetwork whole = whole(backend, network);
    List<Latency> latencies = new ArrayList<>();
    for (int batch : Latency.BATCHES) {
      CompactPrediction dense = new CompactPrediction(backend, whole, batch, Product.DENSE);
      CompactPrediction small = new CompactPrediction(backend, compact, batch);
      float[] x = features(data, batch);
      float[] out = new float[batch * whole.outputs()];
      latencies.add(
          Latency.of(
              batch,
              () -> dense.probabilitiesAtMean(x, batch, out),
              () -> small.probabilitiesAtMean(x, batch, out)));
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

  /** What the result says of it. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("selected_inputs", network.selectedInputs().size());
    json.put("units", network.units());
    json.put("samples", network.samples());
    Latency.toJson(json, before, network.cost(), latencies);
    return json;
  }

  /** For people. */
  Table table() {
    return Latency.table(before, network.cost(), latencies);
  }
}
