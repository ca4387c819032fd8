package io.github.bmr4j.engine.autodiff;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleSupplier;

/**
 * Checks an operation against an independent double implementation: its values directly, its
 * pullback against central differences of that implementation.
 */
final class GradientCheck {

  /** Builds the operation on its operands. */
  interface Operation {
    Node on(List<Node> operands);
  }

  /** The same operation in double: row-major operands in, row-major result out. */
  interface Reference {
    double[] of(double[][] operands);
  }

  private static final double STEP = 1e-5;

  private final Backend backend;
  private final Random random = new Random(20230912);
  private final List<Node> operands = new ArrayList<>();
  private final List<Tensor> tensors = new ArrayList<>();

  GradientCheck(Backend backend) {
    this.backend = backend;
  }

  /** Adds an operand with normal values. */
  GradientCheck operand(int... extents) {
    return operand(() -> random.nextGaussian(), extents);
  }

  /** Adds an operand with positive values of at least 0.2. */
  GradientCheck positive(int... extents) {
    return operand(() -> 0.2 + Math.abs(random.nextGaussian()), extents);
  }

  private GradientCheck operand(DoubleSupplier values, int... extents) {
    Shape shape = Shape.of(extents);
    float[] array = backend.memory().allocate(shape.size());
    for (int i = 0; i < array.length; i++) {
      array[i] = (float) values.getAsDouble();
    }
    Tensor tensor = Tensor.of(shape, array);
    backend.memory().push(tensor.slice());
    tensors.add(tensor);
    operands.add(new Parameter(tensor));
    return this;
  }

  /**
   * Checks values and gradients; a number passes when it differs by at most {@code tolerance · (1 +
   * |expected|)}.
   */
  void check(Operation operation, Reference reference, double tolerance) {
    Node result = operation.on(operands);
    Input weights = new Input(result.shape());
    Node loss = new Sum(new Multiply(result, weights));
    Graph graph = Graph.forTraining(backend, loss, result);
    double[] w = new double[result.shape().size()];
    for (int i = 0; i < w.length; i++) {
      float weight = (float) random.nextGaussian();
      weights.value().slice().set(i, weight);
      w[i] = weight;
    }
    weights.push();
    for (int repetition = 0; repetition < 2; repetition++) {
      graph.forward();
      graph.backward();
    }

    double[][] x = tensors.stream().map(t -> toDouble(t)).toArray(double[][]::new);
    backend.memory().pull(result.value().slice());
    assertClose("value", reference.of(x), result.value(), tolerance);
    for (int k = 0; k < x.length; k++) {
      double[] expected = new double[x[k].length];
      for (int i = 0; i < expected.length; i++) {
        double at = x[k][i];
        x[k][i] = at + STEP;
        double above = weighted(reference.of(x), w);
        x[k][i] = at - STEP;
        double below = weighted(reference.of(x), w);
        x[k][i] = at;
        expected[i] = (above - below) / (2 * STEP);
      }
      backend.memory().pull(operands.get(k).gradient().slice());
      assertClose("gradient of operand " + k, expected, operands.get(k).gradient(), tolerance);
    }
  }

  private static double[] toDouble(Tensor tensor) {
    double[] values = new double[tensor.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = tensor.slice().get(i);
    }
    return values;
  }

  private static double weighted(double[] values, double[] weights) {
    double sum = 0;
    for (int i = 0; i < values.length; i++) {
      sum += values[i] * weights[i];
    }
    return sum;
  }

  private static void assertClose(String what, double[] expected, Tensor actual, double tolerance) {
    assertEquals(expected.length, actual.size(), what);
    for (int i = 0; i < expected.length; i++) {
      int index = i;
      assertEquals(
          expected[i],
          actual.slice().get(i),
          tolerance * (1 + Math.abs(expected[i])),
          () -> what + "[" + index + "]");
    }
  }
}
