package io.github.bmr4j.models.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.Window;
import io.github.bmr4j.models.layer.Convolution;
import io.github.bmr4j.models.layer.Dense;
import io.github.bmr4j.models.layer.Layer;
import java.util.List;
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
}
