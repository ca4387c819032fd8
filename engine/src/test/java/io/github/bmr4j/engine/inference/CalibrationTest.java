package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.distribution.NormalFunctions;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Simulation-based calibration (Talts et al. 2018; for variational posteriors Yao et al. 2018) on a
 * conjugate model whose posterior is among those that the inference can find: θ ~ N(0, v), and N
 * observations y ~ N(θ, 1). Drawn many times and fitted at once, θ must lie anywhere in its
 * posterior with equal probability.
 */
class CalibrationTest {

  private static final int REPLICATES = 4_000;
  private static final int EXAMPLES = 16;
  private static final double PRIOR_VARIANCE = 0.3;

  /** Draws of θ and of its observations, and the posterior that was found. */
  private static final class Simulation {

    final double[] theta = new double[REPLICATES];
    final float[][] y = new float[EXAMPLES][REPLICATES];
    final double[] mean = new double[REPLICATES];
    final double[] deviation = new double[REPLICATES];
    double elbo;
    double elboStandardError;
    double exactElboOfFound;

    Simulation(int batch, int steps) {
      Random random = new Random(3);
      for (int d = 0; d < REPLICATES; d++) {
        theta[d] = Math.sqrt(PRIOR_VARIANCE) * random.nextGaussian();
        for (int i = 0; i < EXAMPLES; i++) {
          y[i][d] = (float) (theta[d] + random.nextGaussian());
        }
      }
      fit(batch, steps, random);
    }

    private void fit(int batch, int steps, Random random) {
      try (Backend backend = Backends.open()) {
        Sampling sampling = new Sampling(9);
        MeanFieldNormal posterior =
            new MeanFieldNormal(backend, "theta", 0, REPLICATES, PRIOR_VARIANCE, sampling);
        posterior.initialize(0.1, 0.2);
        Shape shape = Shape.of(REPLICATES);
        Draw draw = posterior.draw(shape, null);
        Input[] examples = new Input[batch];
        Node loss = null;
        for (int i = 0; i < batch; i++) {
          examples[i] = new Input(shape);
          Node error = new Add(draw, new Scale(-1, examples[i]));
          Node square = new Scale(0.5f, new Sum(new Apply(UnaryFunction.SQUARE, error)));
          loss = loss == null ? square : new Add(loss, square);
        }
        Graph graph = Graph.forTraining(backend, loss);
        StochasticVariationalInference inference =
            new StochasticVariationalInference(
                backend,
                graph,
                loss,
                Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(3e-2, 1e-4, steps)),
                sampling,
                EXAMPLES,
                batch,
                VariationalStep.Divergence.ANALYTIC);
        int[] order = new int[EXAMPLES];
        Arrays.setAll(order, i -> i);
        for (int step = 0; step < steps; step++) {
          for (int i = 0; i < batch; i++) {
            int j = i + random.nextInt(EXAMPLES - i);
            int chosen = order[j];
            order[j] = order[i];
            order[i] = chosen;
            feed(examples[i], y[chosen]);
          }
          inference.step();
        }
        inference.requireFinite();
        Slice deviations = posterior.standardDeviations();
        backend.memory().pull(deviations);
        backend.memory().pull(posterior.factors().mean());
        for (int d = 0; d < REPLICATES; d++) {
          mean[d] = posterior.factors().mean().get(d);
          deviation[d] = deviations.get(d);
        }
        if (batch < EXAMPLES) {
          estimateElbo(backend, graph, loss, examples, posterior, random);
        }
      }
    }

    private static void feed(Input input, float[] values) {
      input.value().slice().copyFrom(values, 0);
      input.push();
    }

    /** The estimator of a step: one draw, one batch, weighted with N over its size. */
    private void estimateElbo(
        Backend backend,
        Graph graph,
        Node loss,
        Input[] examples,
        MeanFieldNormal posterior,
        Random random) {
      int draws = 4_000;
      double sum = 0;
      double squares = 0;
      double divergence = posterior.klDivergence();
      for (int k = 0; k < draws; k++) {
        int first = random.nextInt(EXAMPLES);
        for (int i = 0; i < examples.length; i++) {
          feed(examples[i], y[(first + i) % EXAMPLES]);
        }
        posterior.sampling().prediction(k);
        graph.forward();
        Slice value = loss.value().slice();
        backend.memory().pull(value);
        double estimate = -(double) EXAMPLES / examples.length * value.get(0) - divergence;
        sum += estimate;
        squares += estimate * estimate;
      }
      elbo = sum / draws;
      elboStandardError = Math.sqrt((squares / draws - elbo * elbo) / draws);
      for (int d = 0; d < REPLICATES; d++) {
        double variance = deviation[d] * deviation[d];
        for (int i = 0; i < EXAMPLES; i++) {
          double error = mean[d] - y[i][d];
          exactElboOfFound -= 0.5 * (error * error + variance);
        }
        exactElboOfFound -=
            0.5
                * ((mean[d] * mean[d] + variance) / PRIOR_VARIANCE
                    - 1
                    - Math.log(variance / PRIOR_VARIANCE));
      }
    }

    /** √n times the distance of the ranks' distribution from the uniform one. */
    double kolmogorov(double shift, double stretch) {
      double[] ranks = new double[REPLICATES];
      for (int d = 0; d < REPLICATES; d++) {
        double z = (theta[d] - mean[d] - shift * deviation[d]) / (stretch * deviation[d]);
        ranks[d] = Math.exp(NormalFunctions.logCumulative(z));
      }
      Arrays.sort(ranks);
      double distance = 0;
      for (int d = 0; d < REPLICATES; d++) {
        distance = Math.max(distance, (d + 1.0) / REPLICATES - ranks[d]);
        distance = Math.max(distance, ranks[d] - (double) d / REPLICATES);
      }
      return Math.sqrt(REPLICATES) * distance;
    }

    /** Kolmogorov's distance that one calibrated simulation in a thousand exceeds. */
    boolean isCalibrated(double shift, double stretch) {
      return kolmogorov(shift, stretch) < 1.95;
    }
  }

  private static final double EXACT_PRECISION = EXAMPLES + 1 / PRIOR_VARIANCE;

  @Test
  void thetaLiesAnywhereInItsPosteriorWithEqualProbability() {
    Simulation simulation = new Simulation(EXAMPLES, 1_500);
    assertTrue(simulation.isCalibrated(0, 1), "distance " + simulation.kolmogorov(0, 1));
    // What the diagnostic would not let pass: a mean that is a tenth of a deviation off, a
    // deviation
    // that is a fifth too small or too large.
    assertFalse(simulation.isCalibrated(0.1, 1));
    assertFalse(simulation.isCalibrated(0, 0.8));
    assertFalse(simulation.isCalibrated(0, 1.2));
    double exact = 1 / Math.sqrt(EXACT_PRECISION);
    double errors = 0;
    double variance = 0;
    for (int d = 0; d < REPLICATES; d++) {
      double sum = 0;
      for (int i = 0; i < EXAMPLES; i++) {
        sum += simulation.y[i][d];
      }
      double error = sum / EXACT_PRECISION - simulation.mean[d];
      errors += error * error / REPLICATES;
      variance += simulation.deviation[d] * simulation.deviation[d] / REPLICATES;
      assertEquals(exact, simulation.deviation[d], 0.15 * exact, "standard deviation " + d);
    }
    assertEquals(exact * exact, variance, 0.02 * exact * exact, "mean variance");
    assertEquals(0, Math.sqrt(errors), 0.06 * exact, "root mean square error of the means");
  }

  /** With a batch weighted wrongly, the variance would be that of B examples and not of N. */
  @ParameterizedTest
  @ValueSource(ints = {1, 4})
  void batchesStandForTheWholeData(int batch) {
    Simulation simulation = new Simulation(batch, 4_000);
    double variance = 0;
    for (int d = 0; d < REPLICATES; d++) {
      variance += simulation.deviation[d] * simulation.deviation[d] / REPLICATES;
    }
    assertEquals(1 / EXACT_PRECISION, variance, 0.03 / EXACT_PRECISION);
    assertTrue(simulation.elboStandardError < 0.01 * Math.abs(simulation.exactElboOfFound));
    assertEquals(
        simulation.exactElboOfFound,
        simulation.elbo,
        4 * simulation.elboStandardError,
        "the estimate of the evidence lower bound has a bias");
  }
}
