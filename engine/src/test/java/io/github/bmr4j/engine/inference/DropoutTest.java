package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class DropoutTest {

  private static final int SIZE = 10_000;
  private static final double RATE = 0.2;

  @Test
  void aShareIsZeroAndTheRestIsScaledAnewInEachStep() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(5);
      Input x = new Input(Shape.of(SIZE));
      Dropout dropout = new Dropout(x, RATE, 7, sampling);
      Graph graph = Graph.forInference(backend, dropout);
      x.value().slice().fill(3);
      x.push();
      float[] first = run(backend, graph, dropout, sampling, 1);
      int dropped = 0;
      for (float value : first) {
        dropped += value == 0 ? 1 : 0;
        assertTrue(value == 0 || Math.abs(value - 3 / 0.8f) < 1e-6, () -> "got " + value);
      }
      // Four standard deviations of a binomial.
      assertEquals(RATE * SIZE, dropped, 4 * Math.sqrt(SIZE * RATE * (1 - RATE)));
      assertArrayEquals(first, run(backend, graph, dropout, sampling, 1));
      assertFalse(Arrays.equals(first, run(backend, graph, dropout, sampling, 2)));

      sampling.prediction(0);
      graph.forward();
      backend.memory().pull(dropout.value().slice());
      for (float value : dropout.value().slice().toArray()) {
        assertEquals(3, value);
      }
    }
  }

  private static float[] run(
      Backend backend, Graph graph, Dropout dropout, Sampling sampling, long step) {
    sampling.training(step);
    graph.forward();
    backend.memory().pull(dropout.value().slice());
    return dropout.value().slice().toArray();
  }

  /** For Σ w y, and for an operand whose gradient has two shares. */
  @Test
  void theGradientPassesWhereTheActivationDid() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(5);
      float[] values = backend.memory().allocate(33);
      for (int i = 0; i < values.length; i++) {
        values[i] = 0.1f * (i + 1);
      }
      Tensor tensor = Tensor.of(Shape.of(33), values);
      backend.memory().push(tensor.slice());
      Parameter x = new Parameter(tensor);
      Dropout dropout = new Dropout(x, RATE, 7, sampling);
      Node loss = new Sum(new Multiply(dropout, x));
      Graph graph = Graph.forTraining(backend, loss, dropout);
      sampling.training(4);
      graph.forward();
      graph.backward();
      backend.memory().pull(dropout.value().slice());
      backend.memory().pull(x.gradient().slice());
      int dropped = 0;
      for (int i = 0; i < values.length; i++) {
        // ∂ Σ f x² = 2 f x, which is twice the activation.
        float expected = 2 * dropout.value().slice().get(i);
        assertEquals(expected, x.gradient().slice().get(i), 1e-5 * (1 + expected));
        dropped += expected == 0 ? 1 : 0;
      }
      assertTrue(dropped > 0 && dropped < values.length, "dropped " + dropped);
    }
  }

  @Test
  void aRateOfOneIsRefused() {
    Input x = new Input(Shape.of(3));
    String message =
        assertThrows(IllegalArgumentException.class, () -> new Dropout(x, 1, 0, new Sampling(1)))
            .getMessage();
    assertEquals("The rate of dropout must lie in [0, 1), but is 1.0", message);
  }
}
