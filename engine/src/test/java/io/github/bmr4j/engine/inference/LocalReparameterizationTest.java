package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.MeanFieldNormal.Parameterization;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The local reparameterisation and the moments it is built from, against plain double loops. */
class LocalReparameterizationTest {

  private static final int BATCH = 5;
  private static final int IN = 7;
  private static final int OUT = 3;
  private static final int SIZE = OUT * IN + OUT;
  private static final float KL_WEIGHT = 0.3f;
  private static final float LIKELIHOOD_WEIGHT = 0.7f;
  private static final double PRIOR = 0.8;

  /** A linear layer under the local reparameterisation with the loss Σ c y², and its parameters. */
  private static final class Layer {

    final Sampling sampling = new Sampling(17);
    final MeanFieldNormal weights;
    final Tensor x;
    final Tensor c;
    final Parameter scale = new Parameter(Tensor.of(Shape.SCALAR, 0.6f));
    final Parameter input;
    final LocalDraw y;
    final Moments moments;
    final Node loss;
    final Graph graph;
    final Backend backend;

    Layer(Backend backend, Parameterization parameterization) {
      this.backend = backend;
      weights = new MeanFieldNormal(backend, "w", 4, SIZE, PRIOR, sampling, parameterization);
      weights.initialize(1, 0.4);
      float[] mask = new float[SIZE];
      Arrays.fill(mask, 1);
      mask[2] = 0;
      // The second unit has left the model.
      Arrays.fill(mask, IN, 2 * IN, 0);
      mask[OUT * IN + 1] = 0;
      weights.setMask(mask);
      x = random(BATCH, IN);
      c = random(BATCH, OUT);
      input = new Parameter(x);
      moments = weights.moments(scale);
      y = LocalDraw.linear(input, moments, OUT);
      loss = new Sum(new Multiply(new Apply(UnaryFunction.SQUARE, y), new Parameter(c)));
      graph = Graph.forTraining(backend, loss, y);
      sampling.training(9);
    }

    private static Tensor random(int rows, int columns) {
      Random random = new Random(rows * 31L + columns);
      float[] values = new float[rows * columns];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) random.nextGaussian();
      }
      return Tensor.of(Shape.of(rows, columns), values);
    }

    /** The noise, from the means and deviations that the layer's own output shows. */
    double[] noise() {
      float[] drawn = new float[BATCH * OUT];
      backend.noise().normal(sampling.seed(), sampling.stream(4), 9, Slice.of(drawn));
      double[] noise = new double[drawn.length];
      Arrays.setAll(noise, i -> drawn[i]);
      return noise;
    }

    /** The loss in double at the given parameters: x, s, μ, σ. */
    double loss(double[] at, double s, double[] mean, double[] deviation) {
      double[] noise = noise();
      double sum = 0;
      for (int i = 0; i < BATCH; i++) {
        for (int j = 0; j < OUT; j++) {
          double m = 0;
          double v = 0;
          for (int k = 0; k <= IN; k++) {
            int w = k < IN ? j * IN + k : OUT * IN + j;
            double z = s * weights.mask().get(w) * (k < IN ? at[i * IN + k] : 1);
            m += z * mean[w];
            v += z * z * deviation[w] * deviation[w];
          }
          double out = m + Math.sqrt(v) * noise[i * OUT + j];
          sum += c.slice().get(i * OUT + j) * out * out;
        }
      }
      return sum;
    }

    double loss() {
      return loss(
          doubles(x.slice()),
          0.6f,
          doubles(weights.factors().mean()),
          doubles(weights.standardDeviations()));
    }
  }

  private static double[] doubles(Slice slice) {
    double[] values = new double[slice.length()];
    Arrays.setAll(values, i -> slice.get(i));
    return values;
  }

  private interface Function {
    double at(double shift);
  }

  private static double slope(Function f) {
    return (f.at(1e-5) - f.at(-1e-5)) / 2e-5;
  }

  @ParameterizedTest
  @EnumSource
  void gradientsAreThoseOfTheReparameterisedSum(Parameterization parameterization) {
    try (Backend backend = Backends.open()) {
      Layer layer = new Layer(backend, parameterization);
      layer.graph.forward();
      layer.graph.backward();
      assertEquals(layer.loss(), layer.loss.value().item(), 1e-4);
      double[] x = doubles(layer.x.slice());
      double[] mean = doubles(layer.weights.factors().mean());
      double[] rho = doubles(layer.weights.factors().rho());
      double[] deviation = doubles(layer.weights.standardDeviations());
      for (int i = 0; i < x.length; i++) {
        int index = i;
        double expected = slope(h -> layer.loss(moved(x, index, h), 0.6f, mean, deviation));
        assertEquals(expected, layer.input.gradient().slice().get(i), 2e-4, "x " + i);
      }
      assertEquals(
          slope(h -> layer.loss(x, 0.6f + h, mean, deviation)),
          layer.scale.gradient().item(),
          2e-3);
      // The update under plain gradient descent shows the gradients: Adam's first moment.
      VariationalStep step = new VariationalStep();
      step.klWeight = KL_WEIGHT;
      step.likelihoodWeight = LIKELIHOOD_WEIGHT;
      Optimizer adam = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-3));
      layer.moments.update(step, adam.nextStep());
      for (int i = 0; i < SIZE; i++) {
        int index = i;
        double byMean = slope(h -> layer.loss(x, 0.6f, moved(mean, index, h), deviation));
        byMean = LIKELIHOOD_WEIGHT * byMean + KL_WEIGHT * mean[i] / PRIOR;
        double byDeviation = slope(h -> layer.loss(x, 0.6f, mean, moved(deviation, index, h)));
        byDeviation =
            LIKELIHOOD_WEIGHT * byDeviation + KL_WEIGHT * (deviation[i] / PRIOR - 1 / deviation[i]);
        double logistic = 1 / (1 + Math.exp(-rho[i]));
        double byRho =
            parameterization == Parameterization.DEVIATION
                ? byDeviation * logistic
                : byDeviation / (2 * deviation[i]) * logistic;
        assertEquals(byMean, layer.weights.factors().meanMoment1().get(i) / 0.1, 1e-3, "μ " + i);
        assertEquals(byRho, layer.weights.factors().rhoMoment1().get(i) / 0.1, 1e-3, "ρ " + i);
      }
    }
  }

  private static double[] moved(double[] x, int i, double h) {
    double[] y = x.clone();
    y[i] += h;
    return y;
  }

  @Test
  void aUnitThatHasLeftGivesZeroAndFiniteGradients() {
    try (Backend backend = Backends.open()) {
      Layer layer = new Layer(backend, Parameterization.DEVIATION);
      layer.graph.forward();
      layer.graph.backward();
      for (int i = 0; i < BATCH; i++) {
        assertEquals(0, layer.y.value().slice().get(i * OUT + 1), 1e-9);
      }
      for (double d : doubles(layer.input.gradient().slice())) {
        assertFalse(Double.isNaN(d) || Double.isInfinite(d));
      }
    }
  }

  @Test
  void outputsHaveTheMomentsOfTheSumOverRandomWeights() {
    try (Backend backend = Backends.open()) {
      Layer layer = new Layer(backend, Parameterization.VARIANCE);
      int draws = 20_000;
      double sum = 0;
      double squares = 0;
      for (int i = 0; i < draws; i++) {
        layer.sampling.prediction(i);
        layer.graph.forward();
        double y = layer.y.value().slice().get(2);
        sum += y;
        squares += y * y;
      }
      double mean = 0;
      double variance = 0;
      for (int k = 0; k <= IN; k++) {
        int w = k < IN ? 2 * IN + k : OUT * IN + 2;
        double z = 0.6f * (k < IN ? layer.x.slice().get(k) : 1);
        mean += z * layer.weights.factors().mean().get(w);
        variance += z * z * 0.4 * 0.4;
      }
      // initialize(…, 0.4) sets softplus(ρ), which is the variance here.
      variance *= 0.4 / (0.4 * 0.4);
      assertEquals(mean, sum / draws, 4 * Math.sqrt(variance / draws));
      assertEquals(
          variance,
          squares / draws - sum / draws * (sum / draws),
          5 * variance * Math.sqrt(2.0 / draws));
    }
  }

  @Test
  void theSameSeedGivesTheSameBitsForAnyNumberOfThreads() {
    try (Backend one = Backends.open(1);
        Backend two = Backends.open(2)) {
      Layer a = new Layer(one, Parameterization.DEVIATION);
      Layer b = new Layer(two, Parameterization.DEVIATION);
      for (Layer layer : new Layer[] {a, b}) {
        layer.graph.forward();
        layer.graph.backward();
      }
      assertArrayEquals(a.y.value().slice().toArray(), b.y.value().slice().toArray());
      assertArrayEquals(
          a.moments.gradient().slice().toArray(), b.moments.gradient().slice().toArray());
    }
  }

  /** The divergence of a variance parameterisation is that of the same normals. */
  @Test
  void divergencesDoNotDependOnTheParameterisation() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal byDeviation = weights(backend, Parameterization.DEVIATION, 0.5);
      MeanFieldNormal byVariance = weights(backend, Parameterization.VARIANCE, 0.25);
      assertEquals(byDeviation.klDivergence(), byVariance.klDivergence(), 1e-4);
      assertArrayEquals(
          byDeviation.standardDeviations().toArray(),
          byVariance.standardDeviations().toArray(),
          1e-6f);
      String message =
          assertThrows(IllegalStateException.class, () -> byVariance.draw(Shape.of(33), null))
              .getMessage();
      assertEquals(
          "w cannot be drawn, since its ρ stands for the variance; use its moments", message);
    }
  }

  private static MeanFieldNormal weights(Backend backend, Parameterization p, double softplus) {
    MeanFieldNormal weights = new MeanFieldNormal(backend, "w", 0, 33, 2, new Sampling(1), p);
    weights.initialize(1, softplus);
    float[] mask = new float[33];
    Arrays.fill(mask, 0, 20, 1);
    weights.setMask(mask);
    return weights;
  }
}
