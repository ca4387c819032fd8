package io.github.bmr4j.models.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Embedding;
import io.github.bmr4j.models.layer.Layer;
import io.github.bmr4j.models.layer.MeanToken;
import io.github.bmr4j.models.layer.Noise;
import io.github.bmr4j.models.layer.WeightSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class NetworksTest {

  /** Parameter counts of Marković et al., MLP 500×4: Fashion-MNIST, CIFAR-10, CIFAR-100. */
  @Test
  void parameterCountsArePublishedOnes() {
    int[] hidden = {500, 500, 500, 500};
    assertEquals(
        1_149_010, Networks.mlp(Shape.of(784), hidden, 10, UnaryFunction.SWISH).parameterCount());
    assertEquals(
        2_293_010,
        Networks.mlp(Shape.of(3, 32, 32), hidden, 10, UnaryFunction.SWISH).parameterCount());
    assertEquals(
        2_338_100, Networks.mlp(Shape.of(3072), hidden, 100, UnaryFunction.SWISH).parameterCount());
  }

  /** LeNet of Marković et al.: Fashion-MNIST, CIFAR-10, CIFAR-100. */
  @Test
  void lenetHasThePublishedParameterCounts() {
    assertEquals(61_706, Networks.lenet(1, 10).parameterCount());
    assertEquals(550_362, Networks.lenet(3, 10).parameterCount());
    assertEquals(573_492, Networks.lenet(3, 100).parameterCount());
    assertEquals(Shape.of(100), Networks.lenet(3, 100).output());
    assertThrows(IllegalArgumentException.class, () -> Networks.lenet(2, 10));
  }

  /**
   * LeNet5 of Wright et al.; published are 62,158 and 550,234 with two more parameters for each of
   * the 226 and 678 structures that have noise.
   */
  @Test
  void lenet5HasThePublishedParameterCounts() {
    assertEquals(62_158 - 2 * 226, Networks.lenet5(1, 10).parameterCount());
    assertEquals(550_234 - 2 * 678, Networks.lenet5(3, 10).parameterCount());
  }

  /** 20–50–500–10, as many as the model zoo's file has. */
  @Test
  void lenetCaffeHasItsParameterCount() {
    Network network = Networks.lenetCaffe(1, 10);
    assertEquals(431_080, network.parameterCount());
    assertEquals(Shape.of(50, 20, 5, 5), network.parameters().get(1).weightShape());
    assertTrue(network.isChain());
  }

  @Test
  void groupsAreNoChain() {
    Layer grouped = new Convolution("a", 4, 4, Window.square(3), 2);
    assertEquals(Shape.of(4, 3, 3), grouped.outputShape(Shape.of(4, 5, 5)));
    assertEquals(4 * 2 * 9 + 4, grouped.parameters().get(0).size());
    assertFalse(new Network("grouped", Shape.of(4, 5, 5), List.of(grouped)).isChain());
    assertThrows(IllegalArgumentException.class, () -> grouped.outputShape(Shape.of(3, 5, 5)));
    assertThrows(IllegalArgumentException.class, () -> grouped.outputShape(Shape.of(4, 2, 5)));
    assertThrows(
        IllegalArgumentException.class, () -> new Convolution("a", 4, 3, Window.square(3), 2));
  }

  /** Parameter counts of Marković et al.: Fashion-MNIST, CIFAR-10, CIFAR-100. */
  @Test
  void networksOfTokensHaveThePublishedNumbersOfParameters() {
    assertEquals(3_186_954, Networks.visionTransformer(1, 10).parameterCount());
    assertEquals(3_195_146, Networks.visionTransformer(3, 10).parameterCount());
    assertEquals(3_218_276, Networks.visionTransformer(3, 100).parameterCount());
    assertEquals(1_987_722, Networks.mlpMixer(1, 10).parameterCount());
    assertEquals(1_995_914, Networks.mlpMixer(3, 10).parameterCount());
    assertEquals(2_019_044, Networks.mlpMixer(3, 100).parameterCount());
  }

  /** As torchvision and timm count them, with 1,000 classes. */
  @Test
  void residualNetworksAndVisionTransformersHaveTheirParameterCounts() {
    Network resnet18 = ResidualNetworks.of(ResidualNetworks.Config.resnet18(1000));
    Network resnet50 = ResidualNetworks.of(ResidualNetworks.Config.resnet50(1000));
    Network base16 = VisionTransformers.of(VisionTransformers.Config.base16(1000));
    assertEquals(11_689_512, resnet18.parameterCount());
    assertEquals(25_557_032, resnet50.parameterCount());
    assertEquals(86_567_656, base16.parameterCount());
    assertEquals(Shape.of(1000), base16.output());
    assertThrows(
        IllegalArgumentException.class,
        () -> new ResidualNetworks.Config("odd", List.of(1), false, 8, 100, 10));
  }

  /**
   * Wright et al.: noise on 26,560 structures of ResNet-50, on 768 features 24 times in ViT-B/16.
   */
  @Test
  void noiseIsWhereThePaperHasIt() {
    List<Noise> residual = noise(ResidualNetworks.of(ResidualNetworks.Config.resnet50(1000)));
    assertEquals(53, residual.size());
    assertEquals(26_560, residual.stream().mapToInt(Noise::structures).sum());
    List<Noise> transformer = noise(VisionTransformers.of(VisionTransformers.Config.base16(1000)));
    assertEquals(24, transformer.size());
    assertEquals("blocks.0.attn.proj", transformer.get(0).name());
    assertEquals("blocks.11.mlp.fc2", transformer.getLast().name());
    assertTrue(transformer.stream().allMatch(noise -> noise.structures() == 768));
  }

  private static List<Noise> noise(Network network) {
    return Networks.withNoise(network).parts().stream()
        .filter(Noise.class::isInstance)
        .map(Noise.class::cast)
        .toList();
  }

  /** Units beside a skip connection, and tokens that mix, are never certain to be dead. */
  @Test
  void networksOfTokensAreNoChains() {
    for (Network network : List.of(Networks.visionTransformer(1, 10), Networks.mlpMixer(1, 10))) {
      assertFalse(network.isChain(), network.name());
      assertEquals("head", network.parameters().getLast().layer());
      assertEquals(Shape.of(10), network.output());
    }
  }

  /**
   * Every example alone decides on its logits, whatever stands beside it in the batch; and one step
   * of training reaches every parameter.
   */
  @Test
  void networksOfTokensKeepExamplesApartAndTrainEveryParameter() {
    try (Backend backend = Backends.open()) {
      for (Network network : List.of(Networks.visionTransformer(1, 10), Networks.mlpMixer(1, 10))) {
        List<Parameter> parameters = new ArrayList<>();
        Random random = new Random(7);
        WeightSource weights =
            block -> {
              float[] values = backend.memory().allocate(block.size());
              for (int i = 0; i < values.length; i++) {
                values[i] = (float) (0.1 * random.nextGaussian());
              }
              parameters.add(new Parameter(Tensor.of(block.shape(), values)));
              return parameters.getLast();
            };
        Input x = new Input(network.batchShape(3));
        Node logits = network.forward(x, weights);
        Node loss = new Sum(new Apply(UnaryFunction.SQUARE, logits));
        Graph graph = Graph.forTraining(backend, loss, logits);
        int size = network.input().size();
        for (int i = 0; i < size; i++) {
          float pixel = (float) random.nextGaussian();
          x.value().slice().set(i, pixel);
          x.value().slice().set(2 * size + i, pixel);
          x.value().slice().set(size + i, (float) random.nextGaussian());
        }
        x.push();
        graph.forward();
        graph.backward();
        double apart = 0;
        for (int c = 0; c < 10; c++) {
          float first = logits.value().slice().get(c);
          assertEquals(first, logits.value().slice().get(20 + c), 1e-5 * (1 + Math.abs(first)));
          apart += Math.abs(first - logits.value().slice().get(10 + c));
        }
        assertTrue(apart > 0.01, () -> network.name() + " does not see its input");
        for (Parameter parameter : parameters) {
          float[] gradient = parameter.gradient().slice().toArray();
          double norm = 0;
          for (float g : gradient) {
            norm += (double) g * g;
          }
          assertTrue(
              norm > 0 && Double.isFinite(norm), () -> network.name() + " leaves out " + parameter);
        }
      }
    }
  }

  @Test
  void withoutHiddenLayersTheModelIsLinear() {
    Network network = Networks.mlp(Shape.of(64), new int[0], 10, UnaryFunction.RELU);
    assertEquals(650, network.parameterCount());
    assertEquals(Shape.of(10), network.output());
    assertEquals(Shape.of(32, 64), network.batchShape(32));
  }

  @Test
  void layersThatDoNotFitAreRefused() {
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Network(
                "broken", Shape.of(4), List.of(new Dense("a", 4, 3), new Dense("b", 4, 2))));
    assertThrows(
        IllegalArgumentException.class,
        () ->
            new Network("twins", Shape.of(4), List.of(new Dense("a", 4, 4), new Dense("a", 4, 2))));
    assertThrows(IllegalArgumentException.class, () -> new Dense("a", 0, 3));
  }

  /** Tokens 2, 0 and 2 of a vocabulary of three, then the mean of their vectors. */
  @Test
  void embeddingsAreRowsOfTheirWeights() {
    Network network =
        new Network("tokens", Shape.of(3), List.of(new Embedding("words", 3, 2), new MeanToken()));
    assertEquals(6, network.parameterCount());
    assertEquals(Shape.of(2), network.output());
    assertThrows(
        IllegalArgumentException.class,
        () -> new Embedding("words", 3, 2).outputShape(Shape.of(3, 3)));
    assertThrows(IllegalArgumentException.class, () -> new Embedding("words", 0, 2));
    try (Backend backend = Backends.open()) {
      float[] table = backend.memory().allocate(6);
      for (int i = 0; i < 6; i++) {
        table[i] = i;
      }
      Input x = new Input(network.batchShape(1));
      WeightSource source = block -> new Parameter(Tensor.of(block.shape(), table));
      Node mean = network.forward(x, source);
      Graph graph = Graph.forInference(backend, mean);
      x.value().slice().copyFrom(new float[] {2, 0, 2}, 0);
      x.push();
      graph.forward();
      backend.memory().pull(mean.value().slice());
      assertEquals(8 / 3f, mean.value().slice().get(0), 1e-6);
      assertEquals(11 / 3f, mean.value().slice().get(1), 1e-6);
    }
  }
}
