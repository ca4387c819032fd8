package io.github.bmr4j.models.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.models.layer.Dense;
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
