package io.github.bmr4j.bench;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.models.compact.StructureCompaction;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetwork;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * LeNet-5 whole and compacted, a batch of images to logits. {@code kept} are the structures that
 * stay of 6 and 16 filters, 120 and 84 units.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class CompactionBenchmark {

  /** Images at a time. */
  @Param({"1", "128"})
  public int batch;

  /** The whole network, and three with 95.4, 96.7 and 97.5 % of its parameters removed. */
  @Param({"6,16,120,84", "3,7,11,12", "3,6,9,7", "2,5,9,6"})
  public String kept;

  private PlainNetwork network;

  /** A graph over one back end. */
  private record Runner(Graph graph, Node logits) {

    static Runner of(Backend backend, PlainNetwork network, int batch) {
      Input x = new Input(network.network().batchShape(batch));
      Node logits = network.network().forward(x, network.source(backend));
      Graph graph = Graph.forInference(backend, logits);
      x.value().slice().copyFrom(new RandomNumbers(2).normalSlice(x.shape().size(), 1).array(), 0);
      x.push();
      return new Runner(graph, logits);
    }

    Slice run() {
      graph.forward();
      return logits.value().slice();
    }
  }

  private Runner scalarRunner;
  private Runner simdRunner;

  /** Prunes the first structures of each layer. */
  @Setup
  public void compact(ScalarBackend scalar, SimdBackend simd) {
    Network whole = Networks.withNoise(Networks.lenet5(1, 10));
    Map<String, float[]> weights = new HashMap<>();
    for (ParameterBlock block : whole.parameters()) {
      double scale = 1 / Math.sqrt(block.columns());
      weights.put(block.layer(), new RandomNumbers(1).normalSlice(block.size(), scale).toArray());
    }
    String[] counts = kept.split(",", -1);
    for (int i = 0; i < counts.length; i++) {
      String layer = "layer" + (i + 1);
      float[] factors = new float[whole.parameters().get(i).rows()];
      Arrays.fill(factors, 0, Integer.parseInt(counts[i]), 1);
      weights.put(layer + PlainNetwork.NOISE, factors);
    }
    network = StructureCompaction.compact(scalar.backend, new PlainNetwork(whole, weights), 1);
    scalarRunner = Runner.of(scalar.backend, network, batch);
    simdRunner = Runner.of(simd.backend, network, batch);
  }

  /** Logits by plain loops. */
  @Benchmark
  public Slice predictScalar() {
    return scalarRunner.run();
  }

  /** Logits by vectors. */
  @Benchmark
  public Slice predictSimd() {
    return simdRunner.run();
  }
}
