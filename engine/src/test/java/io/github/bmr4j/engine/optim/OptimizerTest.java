package io.github.bmr4j.engine.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import org.junit.jupiter.api.Test;

class OptimizerTest {

  private static final double[] GRADIENTS = {0.5, -0.2, 0.1, 0.1, 3.0};

  /** Runs the optimiser on one parameter that starts at 1. */
  private static float[] run(Optimizer optimizer, String backendName) {
    float[] path = new float[GRADIENTS.length];
    try (Backend backend = Backends.open(backendName, 1)) {
      Slice parameter = Slice.of(1);
      Slice moment1 = Slice.allocate(1);
      Slice moment2 = Slice.allocate(1);
      for (int i = 0; i < path.length; i++) {
        Slice gradient = Slice.of((float) GRADIENTS[i]);
        backend
            .variational()
            .updatePoint(parameter, gradient, moment1, moment2, 1, optimizer.nextStep());
        path[i] = parameter.get(0);
      }
    }
    return path;
  }

  private static String best() {
    try (Backend backend = Backends.open()) {
      return backend.name();
    }
  }

  @Test
  void adamFollowsTheRecursionOfItsPaper() {
    Optimizer optimizer = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.exponential(0.1, 0.9));
    float[] path = run(optimizer, "scalar");
    double theta = 1;
    double m = 0;
    double v = 0;
    for (int t = 1; t <= path.length; t++) {
      double g = GRADIENTS[t - 1];
      m = 0.9 * m + 0.1 * g;
      v = 0.999 * v + 0.001 * g * g;
      double rate = 0.1 * Math.pow(0.9, t - 1);
      double root = Math.sqrt(v / (1 - Math.pow(0.999, t)));
      theta -= rate * m / (1 - Math.pow(0.9, t)) / (root + 1e-8);
      assertEquals(theta, path[t - 1], 1e-4, "step " + t);
    }
    assertEquals(5, optimizer.steps());
  }

  @Test
  void adaBeliefFollowsTheRecursionOfOptax() {
    for (String backend : new String[] {"scalar", best()}) {
      float[] path =
          run(Optimizer.of(Optimizer.AdaBelief.DEFAULT, LearningRate.constant(1e-2)), backend);
      double theta = 1;
      double m = 0;
      double v = 0;
      for (int t = 1; t <= path.length; t++) {
        double g = GRADIENTS[t - 1];
        m = 0.9 * m + 0.1 * g;
        v = 0.999 * v + 0.001 * (g - m) * (g - m) + 1e-16;
        double root = Math.sqrt(v / (1 - Math.pow(0.999, t)));
        theta -= 1e-2 * m / (1 - Math.pow(0.9, t)) / (root + 1e-16);
        assertEquals(theta, path[t - 1], 1e-4, backend + ", step " + t);
      }
    }
  }

  @Test
  void aResumedOptimizerGoesOnWithItsStepCount() {
    Optimizer whole = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(1, 0.1, 10));
    for (int i = 0; i < 7; i++) {
      whole.nextStep();
    }
    Optimizer resumed = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(1, 0.1, 10));
    resumed.resumeAt(6);
    assertEquals(whole.nextStep().learningRate(), stepTwice(resumed), 0);
    assertThrows(IllegalArgumentException.class, () -> resumed.resumeAt(-1));
  }

  private static float stepTwice(Optimizer optimizer) {
    optimizer.nextStep();
    return optimizer.nextStep().learningRate();
  }

  @Test
  void schedulesHaveTheirEnds() {
    LearningRate cosine = LearningRate.cosine(0.1, 0.01, 101);
    assertEquals(0.1, cosine.at(1), 1e-15);
    assertEquals(0.055, cosine.at(51), 1e-15);
    assertEquals(0.01, cosine.at(101), 1e-15);
    assertEquals(0.01, cosine.at(1_000), 1e-15);
    LearningRate warm = LearningRate.warmUp(10, LearningRate.constant(0.5));
    assertEquals(0.05, warm.at(1), 1e-15);
    assertEquals(0.5, warm.at(10), 1e-15);
    assertEquals(0.5, warm.at(11), 1e-15);
  }

  @Test
  void settingsOutsideTheirDomainAreRefused() {
    assertThrows(IllegalArgumentException.class, () -> LearningRate.constant(0));
    assertThrows(IllegalArgumentException.class, () -> LearningRate.constant(Double.NaN));
    assertThrows(
        IllegalArgumentException.class,
        () -> Optimizer.of(new Optimizer.Adam(1, 0.9, 1e-8), LearningRate.constant(1)));
    assertThrows(
        IllegalArgumentException.class,
        () -> Optimizer.of(new Optimizer.AdaBelief(0.9, -0.1, 0, 0), LearningRate.constant(1)));
  }
}
