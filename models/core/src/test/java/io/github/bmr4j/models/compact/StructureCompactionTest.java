package io.github.bmr4j.models.compact;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.RunningStatistics;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.layer.Activation;
import io.github.bmr4j.models.layer.AveragePooling;
import io.github.bmr4j.models.layer.BatchNorm;
import io.github.bmr4j.models.layer.ClassToken;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.FirstToken;
import io.github.bmr4j.models.layer.Flatten;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.LayerNorm;
import io.github.bmr4j.models.layer.MaxPooling;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.ParameterBlock;
import io.github.bmr4j.models.layer.PatchEmbedding;
import io.github.bmr4j.models.layer.Residual;
import io.github.bmr4j.models.layer.SelfAttention;
import io.github.bmr4j.models.layer.WeightSource;
import io.github.bmr4j.models.network.Network;
import io.github.bmr4j.models.network.Networks;
import io.github.bmr4j.models.network.PlainNetwork;
import io.github.bmr4j.models.network.ResidualNetworks;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compact networks against the networks with masked structures that they are made of. */
class StructureCompactionTest {

  private static final int BATCH = 3;
  private static final Layer RELU = new Activation(UnaryFunction.RELU);

  private final Random random = new Random(11);
  private final Map<String, float[]> weights = new HashMap<>();

  private void draw(Network network) {
    for (ParameterBlock block : network.parameters()) {
      float[] values = new float[block.size()];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) (random.nextGaussian() * 1.5 / Math.sqrt(block.columns()));
      }
      weights.put(block.layer(), values);
    }
  }

  /** Factors between ½ and 1 on the structures of a layer; a share of them is out. */
  private void mask(String layer, int structures, double share) {
    float[] factors = new float[structures];
    for (int i = 0; i < structures; i++) {
      factors[i] = random.nextDouble() < share ? 0 : 0.5f + 0.5f * random.nextFloat();
    }
    weights.put(layer + PlainNetwork.NOISE, factors);
  }

  private int kept(String layer) {
    int count = 0;
    for (float factor : weights.get(layer + PlainNetwork.NOISE)) {
      count += factor == 0 ? 0 : 1;
    }
    return count;
  }

  /** The network as it is, with each unit times its factor. */
  private WeightSource masked(Backend backend) {
    WeightSource plain =
        new PlainNetwork(new Network("empty", Shape.of(1), List.of()), weights).source(backend);
    return new WeightSource() {
      @Override
      public Node weights(ParameterBlock block) {
        return plain.weights(block);
      }

      @Override
      public RunningStatistics runningStatistics(BatchNorm layer) {
        return plain.runningStatistics(layer);
      }

      @Override
      public Node noise(Node x, Noise layer) {
        float[] factors = weights.get(layer.name() + PlainNetwork.NOISE);
        if (factors == null) {
          return x;
        }
        Tensor all = Tensor.allocate(x.shape());
        int inner = 1;
        for (int axis = layer.axis() + 2; axis < x.shape().rank(); axis++) {
          inner *= x.shape().extent(axis);
        }
        for (int i = 0; i < x.shape().size(); i++) {
          all.slice().set(i, factors[i / inner % factors.length]);
        }
        return new Multiply(x, new Input(all));
      }
    };
  }

  private static float[] outputs(Backend backend, Network network, WeightSource source) {
    Random pixels = new Random(5);
    Input x = new Input(network.batchShape(BATCH));
    Node y = network.forward(x, source);
    Graph graph = Graph.forInference(backend, y);
    Slice features = x.value().slice();
    for (int i = 0; i < features.length(); i++) {
      features.set(i, (float) pixels.nextGaussian());
    }
    x.push();
    graph.forward();
    backend.memory().pull(y.value().slice());
    return y.value().slice().toArray();
  }

  /** Compacts, compares the outputs, and returns the compact network. */
  private PlainNetwork check(Network network, int multiple) {
    try (Backend backend = Backends.open()) {
      PlainNetwork compact =
          StructureCompaction.compact(backend, new PlainNetwork(network, weights), multiple);
      float[] expected = outputs(backend, network, masked(backend));
      float[] actual = outputs(backend, compact.network(), compact.source(backend));
      double scale = 0;
      for (float value : expected) {
        scale = Math.max(scale, Math.abs(value));
      }
      assertTrue(scale > 1e-3, "outputs that could differ");
      for (int i = 0; i < expected.length; i++) {
        assertEquals(expected[i], actual[i], 1e-5 * scale, "output " + i);
      }
      assertTrue(ModelCost.of(compact.network()).parameters() <= network.parameterCount());
      return compact;
    }
  }

  private Network lenet(double share) {
    Network network = Networks.withNoise(Networks.lenet5(1, 10));
    draw(network);
    mask("layer1", 6, share);
    mask("layer2", 16, share);
    mask("layer3", 120, share);
    mask("layer4", 84, share);
    return network;
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, 0.3, 0.8})
  void lenetLosesFiltersUnitsAndWhatReadsThem(double share) {
    Network network = lenet(share);
    PlainNetwork compact = check(network, 1);
    int a = kept("layer1");
    int b = kept("layer2");
    int c = kept("layer3");
    int d = kept("layer4");
    long parameters =
        26L * a + (25L * a + 1) * b + (25L * b + 1) * c + (c + 1L) * d + (d + 1L) * 10;
    assertEquals(parameters, ModelCost.of(compact.network()).parameters());
    long multiplyAdds = 784L * 25 * a + 100L * 25 * a * b + 25L * b * c + (long) c * d + 10L * d;
    assertEquals(multiplyAdds, ModelCost.of(compact.network()).multiplyAdds());
    assertEquals(4 * parameters, ModelCost.of(compact.network()).bytes());
  }

  @Test
  void unitsAreRoundedUpToAMultiple() {
    PlainNetwork compact = check(lenet(0.8), 8);
    int[] filters = new int[4];
    int i = 0;
    for (ParameterBlock block : compact.network().parameters()) {
      if (i < filters.length) {
        filters[i++] = block.rows();
      }
    }
    assertEquals(6, filters[0], "no more than there are");
    assertEquals(8, filters[1]);
    assertEquals(0, filters[2] % 8);
    assertEquals(0, filters[3] % 8);
    assertTrue(filters[2] >= kept("layer3") && filters[2] < kept("layer3") + 8);
  }

  @Test
  void noiseBehindAnActivationThatIsNotHomogeneous() {
    Network network =
        Networks.withNoise(Networks.mlp(Shape.of(9), new int[] {20, 15}, 4, UnaryFunction.TANH));
    draw(network);
    mask("layer1", 20, 0.5);
    mask("layer2", 15, 0.5);
    PlainNetwork compact = check(network, 1);
    long parameters = 10L * kept("layer1") + (kept("layer1") + 1L) * kept("layer2");
    assertEquals(
        parameters + (kept("layer2") + 1L) * 4, ModelCost.of(compact.network()).parameters());
  }

  @ParameterizedTest
  @ValueSource(strings = {"layer1", "layer2", "layer3", "layer4"})
  void aLayerWithoutStructuresLeavesAConstant(String layer) {
    Network network = lenet(0.3);
    weights.put(
        layer + PlainNetwork.NOISE, new float[weights.get(layer + PlainNetwork.NOISE).length]);
    PlainNetwork compact = check(network, 1);
    assertTrue(
        ModelCost.of(compact.network()).parameters() < 300,
        ModelCost.of(compact.network()).toString());
  }

  /** A filter without weights is its bias, in the middle of an image as at its border. */
  @Test
  void constantsGoIntoBiasesButNotThroughABorder() {
    List<Layer> layers =
        List.of(
            new Convolution("a", 2, 5, Window.square(3, 1, 1), 1),
            RELU,
            new Convolution("b", 5, 4, Window.square(3, 1, 1), 1),
            RELU,
            new AveragePooling(2),
            new Convolution("c", 4, 6, 3),
            new Flatten(),
            new Dense("d", 24, 3));
    Network network = new Network("constants", Shape.of(2, 8, 8), layers);
    draw(network);
    clear("a", 1, 18);
    weights.get("a")[90 + 1] = 0.7f;
    clear("a", 2, 18);
    weights.get("a")[90 + 2] = -0.7f;
    clear("b", 3, 45);
    weights.get("b")[180 + 3] = 0.9f;
    PlainNetwork compact = check(network, 1);
    assertEquals(List.of(4, 3, 6, 3), rows(compact));
  }

  private void clear(String layer, int row, int columns) {
    for (int j = 0; j < columns; j++) {
      weights.get(layer)[row * columns + j] = 0;
    }
  }

  private static List<Integer> rows(PlainNetwork network) {
    return network.network().parameters().stream().map(ParameterBlock::rows).toList();
  }

  /** What is added up keeps the same channels; what is inside a branch does not care. */
  @Test
  void residualPartnersKeepTheSameChannels() {
    Window padded = Window.square(3, 1, 1);
    Layer first =
        new Residual(
            new Convolution("b1", 12, 10, padded, 1),
            RELU,
            new Noise("b1", 10, 0),
            new Convolution("b2", 10, 12, padded, 1),
            new Noise("b2", 12, 0));
    Layer second =
        new Residual(
            List.of(
                new Convolution("c1", 12, 8, Window.square(3, 2, 1), 1),
                RELU,
                new Noise("c1", 8, 0),
                new Convolution("c2", 8, 14, padded, 1),
                new Noise("c2", 14, 0)),
            List.of(
                new Convolution("skip", 12, 14, Window.square(1, 2, 0), 1),
                new Noise("skip", 14, 0)));
    Network network =
        new Network(
            "residual",
            Shape.of(2, 8, 8),
            List.of(
                new Convolution("a", 2, 12, padded, 1),
                new Noise("a", 12, 0),
                first,
                RELU,
                second,
                RELU,
                new MaxPooling(2),
                new Flatten(),
                new Dense("d", 56, 5)));
    draw(network);
    mask("a", 12, 0.6);
    mask("b1", 10, 0.5);
    mask("b2", 12, 0.6);
    mask("c1", 8, 0.5);
    mask("c2", 14, 0.6);
    mask("skip", 14, 0.6);
    PlainNetwork compact = check(network, 1);
    int stream = either("a", "b2");
    int end = either("c2", "skip");
    assertEquals(List.of(stream, kept("b1"), stream, kept("c1"), end, end, 5), rows(compact));
    assertTrue(stream < 12 && end < 14);

    weights.put("b2" + PlainNetwork.NOISE, new float[12]);
    PlainNetwork without = check(network, 1);
    assertFalse(
        without.network().parameters().stream().anyMatch(block -> block.layer().equals("b1")),
        "a branch that adds nothing leaves");
  }

  private int either(String a, String b) {
    float[] first = weights.get(a + PlainNetwork.NOISE);
    float[] second = weights.get(b + PlainNetwork.NOISE);
    int count = 0;
    for (int i = 0; i < first.length; i++) {
      count += first[i] != 0 || second[i] != 0 ? 1 : 0;
    }
    return count;
  }

  private static Network transformer() {
    Layer attention =
        new Residual(
            new LayerNorm("norm1", 12),
            new SelfAttention("attention", 12, 4),
            new Noise("attention.proj", 12, 1));
    Layer perceptron =
        new Residual(
            new LayerNorm("norm2", 12),
            new Dense("mlp1", 12, 20),
            new Activation(UnaryFunction.GELU_TANH),
            new Dense("mlp2", 20, 12),
            new Noise("mlp2", 12, 1));
    return new Network(
        "transformer",
        Shape.of(1, 8, 8),
        List.of(
            new PatchEmbedding("patches", 4, 1, 12),
            new ClassToken("positions", 4, 12),
            attention,
            perceptron,
            new LayerNorm("norm3", 12),
            new FirstToken(),
            new Dense("head", 12, 3)));
  }

  /** A residual network with batch normalisation, which compacting makes part of convolutions. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void residualNetworksLoseChannelsAndNormalisations(boolean bottleneck) {
    Network network =
        Networks.withNoise(
            ResidualNetworks.of(
                new ResidualNetworks.Config("small", List.of(1, 2, 1, 1), bottleneck, 8, 32, 5)));
    draw(network);
    for (Layer layer : network.parts()) {
      if (layer instanceof BatchNorm norm) {
        float[] statistics = new float[2 * norm.channels()];
        for (int i = 0; i < norm.channels(); i++) {
          statistics[i] = (float) random.nextGaussian();
          statistics[norm.channels() + i] = 0.5f + random.nextFloat();
        }
        weights.put(norm.name() + PlainNetwork.RUNNING, statistics);
        mask(norm.name(), norm.channels(), norm.name().contains("bn") ? 0.5 : 0.2);
      }
    }
    PlainNetwork compact = check(network, 1);
    assertTrue(
        compact.network().parts().stream().noneMatch(BatchNorm.class::isInstance),
        "normalisations are in the convolutions");
    int conv1 = kept("layer1.0.bn1");
    ParameterBlock first =
        compact.network().parameters().stream()
            .filter(block -> block.layer().equals("layer1.0.conv1"))
            .findFirst()
            .orElseThrow();
    assertEquals(conv1, first.rows());
    assertTrue(
        ModelCost.of(compact.network()).multiplyAdds() < 0.7 * network.multiplyAdds(),
        ModelCost.of(compact.network()).toString());
  }

  @Test
  void headsAndHiddenUnitsLeave() {
    Network network = transformer();
    draw(network);
    mask("attention.proj", 12, 0.5);
    mask("mlp2", 12, 0.5);
    for (int i = 0; i < 12; i++) {
      for (int k = 3; k < 6; k++) {
        weights.get("attention.proj")[i * 12 + k] = 0;
      }
      for (int unit : new int[] {0, 7, 19}) {
        weights.get("mlp2")[i * 20 + unit] = 0;
      }
    }
    // The last head's values: rows 24 + 9 to 24 + 11 of 36.
    for (int row = 33; row < 36; row++) {
      clear("attention.qkv", row, 12);
      weights.get("attention.qkv")[36 * 12 + row] = 0;
    }
    PlainNetwork compact = check(network, 1);
    long head = 3 * 3 * 13 + 12 * 3;
    long unit = 13 + 12;
    assertEquals(
        network.parameterCount() - 2 * head - 3 * unit,
        ModelCost.of(compact.network()).parameters());

    weights.put("attention.proj" + PlainNetwork.NOISE, new float[12]);
    PlainNetwork without = check(network, 1);
    long attention = 4L * 12 * 13 + 24;
    assertEquals(
        network.parameterCount() - attention - 3 * unit,
        ModelCost.of(without.network()).parameters());
  }

  @Test
  void whatCannotBeCompactedIsRefused() {
    try (Backend backend = Backends.open()) {
      Network mixer = Networks.mlpMixer(1, 10);
      draw(mixer);
      refused(backend, mixer, "Transposition");
      Network between =
          new Network(
              "between",
              Shape.of(4),
              List.of(
                  new Dense("a", 4, 4),
                  RELU,
                  new Noise("a", 4, 0),
                  new Activation(UnaryFunction.TANH),
                  new Dense("b", 4, 2)));
      draw(between);
      mask("a", 4, 0.5);
      refused(backend, between, "noise in front of");
      weights.remove("b");
      refused(backend, between, "needs 10 parameters, but has none");
      assertThrows(
          IllegalArgumentException.class,
          () -> StructureCompaction.compact(backend, new PlainNetwork(mixer, weights), 0));
    }
  }

  private void refused(Backend backend, Network network, String why) {
    IllegalArgumentException thrown =
        assertThrows(
            IllegalArgumentException.class,
            () -> StructureCompaction.compact(backend, new PlainNetwork(network, weights), 1));
    assertTrue(thrown.getMessage().contains(why), thrown.getMessage());
  }
}
