package io.github.bmr4j.cli;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.models.compact.ModelCost;
import io.github.bmr4j.models.compact.StructureCompaction;
import io.github.bmr4j.models.data.Dataset;
import io.github.bmr4j.models.method.NoisyModel;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.PlainNetwork;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The network without the structures that a run removed, and what it costs beside the whole one.
 *
 * @param network what is left
 * @param before cost of the whole network
 * @param latencies of both, a batch each
 */
record CompactedStructures(PlainNetwork network, ModelCost before, List<Latency> latencies) {

  /**
   * Compacts and measures.
   *
   * @param backend does the work
   * @param model trained and pruned
   * @param whole its network without places for noise
   * @param data examples to predict
   */
  static CompactedStructures of(Backend backend, NoisyModel model, Network whole, Dataset data) {
    PlainNetwork masked = model.plain();
    PlainNetwork compact = StructureCompaction.compact(backend, masked, 1);
    PlainNetwork dense = new PlainNetwork(whole, masked.weights());
    List<Latency> latencies = new ArrayList<>();
    for (int batch : Latency.BATCHES) {
      Runnable one = prediction(backend, dense, data, batch);
      Runnable other = prediction(backend, compact, data, batch);
      latencies.add(Latency.of(batch, one, other));
    }
    return new CompactedStructures(compact, ModelCost.of(whole), latencies);
  }

  private static Runnable prediction(Backend backend, PlainNetwork plain, Dataset data, int batch) {
    Input x = new Input(plain.network().batchShape(batch));
    Node logits = plain.network().forward(x, plain.source(backend));
    Graph graph = Graph.forInference(backend, logits);
    int inputs = data.inputShape().size();
    for (int i = 0; i < batch; i++) {
      float[] values = x.value().slice().array();
      data.copyFeatures(i % data.size(), 1, values, x.value().slice().offset() + i * inputs);
    }
    x.push();
    return () -> {
      graph.forward();
      backend.memory().pull(logits.value().slice());
    };
  }

  /** What the result says of it. */
  Map<String, Object> json() {
    Map<String, Object> json = new LinkedHashMap<>();
    Latency.toJson(json, before, ModelCost.of(network.network()), latencies);
    return json;
  }

  /** For people. */
  Table table() {
    return Latency.table(before, ModelCost.of(network.network()), latencies);
  }
}
