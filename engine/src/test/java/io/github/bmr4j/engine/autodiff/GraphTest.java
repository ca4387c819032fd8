package io.github.bmr4j.engine.autodiff;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.UnaryFunction;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class GraphTest {

  private static Backend backend;

  @BeforeAll
  static void open() {
    backend = Backends.open();
  }

  @AfterAll
  static void close() {
    backend.close();
  }

  @Test
  void memoryOfADeepNetworkIsSharedForInferenceButNotForTraining() {
    long training =
        Graph.forTraining(backend, new Sum(chain(50, new Parameter(ones(1000))))).plannedBytes();
    long inference =
        Graph.forInference(backend, chain(50, new Parameter(ones(1000)))).plannedBytes();
    assertTrue(training >= 50 * 1000 * 4, "training plans " + training);
    assertTrue(inference <= 3 * 1024 * 4, "inference plans " + inference);
  }

  private static Node chain(int length, Node x) {
    Node y = x;
    for (int i = 0; i < length; i++) {
      y = new Scale(0.5f, y);
    }
    return y;
  }

  private static Tensor ones(int n) {
    Tensor tensor = Tensor.allocate(Shape.of(n));
    tensor.slice().fill(1);
    return tensor;
  }

  @Test
  void gradientsThroughSharedMemoryStayRightStepAfterStep() {
    Tensor w = ones(3);
    Parameter parameter = new Parameter(w);
    Input x = new Input(Shape.of(3));
    Node product = new Multiply(parameter, x);
    Node y = chain(6, new Add(product, new Apply(UnaryFunction.SQUARE, product)));
    Graph graph = Graph.forTraining(backend, new Sum(y));
    for (int step = 1; step <= 3; step++) {
      for (int i = 0; i < 3; i++) {
        x.value().slice().set(i, step + i);
      }
      x.push();
      graph.forward();
      graph.backward();
      // d/dw of (w x + (w x)²) / 64 at w = 1.
      for (int i = 0; i < 3; i++) {
        double v = step + i;
        assertEquals(
            (v + 2 * v * v) / 64, parameter.gradient().slice().get(i), 1e-6, "step " + step);
      }
      assertArrayEquals(
          new float[] {step, step + 1, step + 2}, x.value().slice().toArray(), "inputs stay");
    }
  }

  @Test
  void whatDoesNotReachAParameterHasNoGradient() {
    Input x = new Input(Shape.of(2));
    Node constant = new Scale(2, x);
    Graph graph = Graph.forTraining(backend, new Sum(constant));
    graph.forward();
    graph.backward();
    assertNull(constant.gradient());
  }

  @Test
  void misuseIsRefused() {
    Node x = new Input(Shape.of(2));
    assertThrows(IllegalArgumentException.class, () -> Graph.forTraining(backend, x));
    assertThrows(IllegalStateException.class, x::value);
    Graph graph = Graph.forInference(backend, x);
    assertThrows(IllegalStateException.class, graph::backward);
    assertThrows(IllegalArgumentException.class, () -> Graph.forInference(backend, x));
  }
}
