package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.inference.Latent.Posterior;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.reduction.FullCovarianceReduction;
import io.github.bmr4j.engine.reduction.MatrixNormalReduction;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.UpdateRule;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Arrays;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Posteriors with correlated rows, against plain double loops over the covariance. */
class RowCorrelationTest {

  private static final int ROWS = 3;
  private static final int COLUMNS = 4;
  private static final int WIDTH = COLUMNS + 1;
  private static final int SIZE = ROWS * WIDTH;
  private static final int TRIANGLE = WIDTH * (WIDTH - 1) / 2;
  private static final double PRIOR = 0.8;
  private static final float SCALE = 0.6f;
  private static final float KL_WEIGHT = 0.3f;
  private static final float LIKELIHOOD_WEIGHT = 0.7f;

  /** Weights with the loss Σ c w² and all that it depends on. */
  private static final class Case {

    final Backend backend;
    final Sampling sampling = new Sampling(17);
    final MeanFieldNormal weights;
    final double[] c = new double[SIZE];
    final Draw draw;
    final Node loss;
    final Graph graph;

    Case(Backend backend, Posterior posterior) {
      this.backend = backend;
      weights = new MeanFieldNormal(backend, "w", 4, SIZE, PRIOR, sampling, posterior);
      weights.correlateRows(ROWS, COLUMNS, true);
      weights.initialize(1, 0.4);
      Random random = new Random(3);
      Slice t = weights.correlation().factor();
      for (int i = 0; i < t.length(); i++) {
        t.set(i, (float) random.nextGaussian());
      }
      backend.memory().push(t);
      float[] mask = new float[SIZE];
      Arrays.fill(mask, 1);
      mask[2] = 0;
      mask[COLUMNS + 1] = 0.5f;
      mask[ROWS * COLUMNS + 2] = 0;
      weights.setMask(mask);
      Tensor factors = Tensor.of(Shape.of(SIZE), new float[SIZE]);
      for (int i = 0; i < SIZE; i++) {
        c[i] = 0.25 * (1 + random.nextInt(8));
        factors.slice().set(i, (float) c[i]);
      }
      draw = weights.draw(Shape.of(SIZE), new Parameter(Tensor.of(Shape.SCALAR, SCALE)));
      loss = new Sum(new Multiply(new Apply(UnaryFunction.SQUARE, draw), new Parameter(factors)));
      graph = Graph.forTraining(backend, loss);
      sampling.training(9);
    }

    double[] parameters(String name) {
      return doubles(weights.state().get(name));
    }

    /** What is minimised, at μ, σ and T. */
    double objective(
        double[] mean, double[] deviation, double[] t, VariationalStep.Divergence divergence) {
      float[] noise = new float[SIZE];
      backend.noise().normal(sampling.seed(), sampling.stream(4), 9, Slice.of(noise));
      double sum = 0;
      for (int row = 0; row < ROWS; row++) {
        double[][] factor = factor(t, row);
        for (int k = 0; k < WIDTH; k++) {
          int i = at(row, k);
          double x = 0;
          for (int l = 0; l <= k; l++) {
            x += factor[k][l] * noise[at(row, l)];
          }
          double b = mean[i] + deviation[i] * x;
          double w = SCALE * weights.mask().get(i) * b;
          sum += LIKELIHOOD_WEIGHT * c[i] * w * w;
          double second =
              divergence == VariationalStep.Divergence.SAMPLED
                  ? b * b
                  : mean[i] * mean[i] + deviation[i] * deviation[i];
          double entropy = Math.log(deviation[i]) + Math.log(factor[k][k]);
          sum += KL_WEIGHT * (0.5 * second / PRIOR - entropy);
        }
      }
      return sum;
    }
  }

  private static int at(int row, int k) {
    return k < COLUMNS ? row * COLUMNS + k : ROWS * COLUMNS + row;
  }

  /** C of a row, from T by columns. */
  private static double[][] factor(double[] t, int row) {
    int from = t.length == TRIANGLE ? 0 : row * TRIANGLE;
    double[][] factor = new double[WIDTH][WIDTH];
    for (int l = 0; l < WIDTH; l++) {
      factor[l][l] = 1;
      for (int k = l + 1; k < WIDTH; k++) {
        factor[k][l] = t[from++];
      }
    }
    for (double[] line : factor) {
      double squares = 0;
      for (double value : line) {
        squares += value * value;
      }
      for (int l = 0; l < WIDTH; l++) {
        line[l] /= Math.sqrt(squares);
      }
    }
    return factor;
  }

  private static double[][] covariance(double[][] factor, double[] deviation, int row) {
    double[][] covariance = new double[WIDTH][WIDTH];
    for (int i = 0; i < WIDTH; i++) {
      for (int k = 0; k < WIDTH; k++) {
        for (int l = 0; l < WIDTH; l++) {
          covariance[i][k] +=
              factor[i][l] * deviation[at(row, i)] * factor[k][l] * deviation[at(row, k)];
        }
      }
    }
    return covariance;
  }

  private static double[] doubles(Slice slice) {
    double[] values = new double[slice.length()];
    Arrays.setAll(values, i -> slice.get(i));
    return values;
  }

  private static double slope(DoubleUnaryOperator f) {
    return (f.applyAsDouble(1e-5) - f.applyAsDouble(-1e-5)) / 2e-5;
  }

  private static double[] moved(double[] x, int i, double h) {
    double[] y = x.clone();
    y[i] += h;
    return y;
  }

  /** Moments of Adam show the gradients that the update took. */
  @ParameterizedTest
  @CsvSource({
    "FULL_ROW, ANALYTIC",
    "FULL_ROW, SAMPLED",
    "MATRIX_NORMAL, ANALYTIC",
    "MATRIX_NORMAL, SAMPLED"
  })
  void gradientsAreThoseOfTheReparameterisedDraw(
      Posterior posterior, VariationalStep.Divergence divergence) {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, posterior);
      VariationalStep step = new VariationalStep();
      step.klWeight = KL_WEIGHT;
      step.likelihoodWeight = LIKELIHOOD_WEIGHT;
      step.divergence = divergence;
      it.draw.start(step, UpdateRule.Kind.ADAM);
      double[] mean = it.parameters("w.mean");
      double[] rho = it.parameters("w.rho");
      double[] deviation = doubles(it.weights.standardDeviations());
      double[] t = it.parameters("w.correlation");
      it.graph.forward();
      it.graph.backward();
      Optimizer adam = Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-3));
      it.draw.update(step, adam.nextStep());
      double[] byMean = it.parameters("w.mean.moment1");
      double[] byRho = it.parameters("w.rho.moment1");
      for (int i = 0; i < SIZE; i++) {
        int index = i;
        double expected = slope(h -> it.objective(moved(mean, index, h), deviation, t, divergence));
        assertEquals(expected, byMean[i] / 0.1, 1e-4 * (1 + Math.abs(expected)), "μ " + i);
        if (posterior == Posterior.FULL_ROW) {
          expected =
              slope(h -> it.objective(mean, moved(deviation, index, h), t, divergence))
                  / (1 + Math.exp(-rho[i]));
          assertEquals(expected, byRho[i] / 0.1, 1e-4 * (1 + Math.abs(expected)), "ρ " + i);
        }
      }
      double[] byFactor = it.parameters("w.correlation.moment1");
      assertEquals(posterior == Posterior.FULL_ROW ? ROWS * TRIANGLE : TRIANGLE, t.length);
      for (int i = 0; i < t.length; i++) {
        int index = i;
        double expected = slope(h -> it.objective(mean, deviation, moved(t, index, h), divergence));
        assertEquals(expected, byFactor[i] / 0.1, 1e-4 * (1 + Math.abs(expected)), "T " + i);
      }
      if (posterior == Posterior.MATRIX_NORMAL) {
        assertScaleGradients(it, mean, deviation, t, divergence);
      }
    }
  }

  /** ∂/∂ln a and ∂/∂ln t; and deviations stay a_i t_k. */
  private static void assertScaleGradients(
      Case it,
      double[] mean,
      double[] deviation,
      double[] t,
      VariationalStep.Divergence divergence) {
    double[] byRow = it.parameters("w.log_row.moment1");
    for (int row = 0; row < ROWS; row++) {
      int scaled = row;
      double expected =
          slope(
              h -> {
                double[] other = deviation.clone();
                for (int k = 0; k < WIDTH; k++) {
                  other[at(scaled, k)] *= Math.exp(h);
                }
                return it.objective(mean, other, t, divergence);
              });
      assertEquals(expected, byRow[row] / 0.1, 1e-4 * (1 + Math.abs(expected)), "a " + row);
    }
    double[] byColumn = it.parameters("w.log_column.moment1");
    for (int k = 0; k < WIDTH; k++) {
      int scaled = k;
      double expected =
          slope(
              h -> {
                double[] other = deviation.clone();
                for (int row = 0; row < ROWS; row++) {
                  other[at(row, scaled)] *= Math.exp(h);
                }
                return it.objective(mean, other, t, divergence);
              });
      assertEquals(expected, byColumn[k] / 0.1, 1e-4 * (1 + Math.abs(expected)), "t " + k);
    }
    double[] now = doubles(it.weights.standardDeviations());
    for (int row = 1; row < ROWS; row++) {
      for (int k = 1; k < WIDTH; k++) {
        double cross = now[at(row, k)] * now[at(0, 0)] / (now[at(row, 0)] * now[at(0, k)]);
        assertEquals(1, cross, 1e-5);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void drawsHaveTheMeanAndTheCovariance(Posterior posterior) {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, posterior);
      float[] all = new float[SIZE];
      Arrays.fill(all, 1);
      it.weights.setMask(all);
      int draws = 20_000;
      double[] sums = new double[SIZE];
      double[][] products = new double[SIZE][SIZE];
      double[] mean = it.parameters("w.mean");
      for (int s = 0; s < draws; s++) {
        it.sampling.prediction(s);
        it.graph.forward();
        double[] w = doubles(it.draw.value().slice());
        for (int i = 0; i < SIZE; i++) {
          double b = w[i] / SCALE - mean[i];
          sums[i] += b / draws;
          for (int k = 0; k <= i; k++) {
            products[i][k] += b * (w[k] / SCALE - mean[k]) / draws;
          }
        }
      }
      double[] deviation = doubles(it.weights.standardDeviations());
      double[] t = it.parameters("w.correlation");
      for (int i = 0; i < SIZE; i++) {
        assertEquals(0, sums[i], 5 * deviation[i] / Math.sqrt(draws));
      }
      for (int row = 0; row < ROWS; row++) {
        double[][] covariance = covariance(factor(t, row), deviation, row);
        for (int i = 0; i < WIDTH; i++) {
          for (int k = 0; k < WIDTH; k++) {
            int a = Math.max(at(row, i), at(row, k));
            int b = Math.min(at(row, i), at(row, k));
            double slack = 7 * deviation[a] * deviation[b] / Math.sqrt(draws);
            assertEquals(covariance[i][k], products[a][b], slack);
          }
        }
      }
    }
  }

  /** The divergence of normals with full covariance, of what is in the model only. */
  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void divergenceIsThatOfNormalsWithFullCovariance(Posterior posterior) {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, posterior);
      assertEquals(divergence(it), it.weights.klDivergence(), 1e-4);
      float[] all = new float[SIZE];
      Arrays.fill(all, 1);
      it.weights.setMask(all);
      assertEquals(divergence(it), it.weights.klDivergence(), 1e-4);
    }
  }

  private static double divergence(Case it) {
    double[] mean = it.parameters("w.mean");
    double[] deviation = doubles(it.weights.standardDeviations());
    double[] t = it.parameters("w.correlation");
    double sum = 0;
    for (int row = 0; row < ROWS; row++) {
      double[][] covariance = covariance(factor(t, row), deviation, row);
      int from = row;
      int[] in = range(k -> it.weights.mask().get(at(from, k)) != 0);
      double[][] part = part(covariance, in);
      sum -= 0.5 * FullCovarianceReduction.logDeterminant(part);
      for (int i = 0; i < in.length; i++) {
        double m = mean[at(row, in[i])];
        sum += 0.5 * ((part[i][i] + m * m) / PRIOR - 1 + Math.log(PRIOR));
      }
    }
    return sum;
  }

  private static int[] range(IntPredicate chosen) {
    return IntStream.range(0, WIDTH).filter(chosen).toArray();
  }

  private static double[][] part(double[][] matrix, int[] chosen) {
    double[][] part = new double[chosen.length][chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      for (int k = 0; k < chosen.length; k++) {
        part[i][k] = matrix[chosen[i]][chosen[k]];
      }
    }
    return part;
  }

  /** Weights of several rows together; and a whole unit, by the matrix-normal closed form. */
  @ParameterizedTest
  @EnumSource(names = {"FULL_ROW", "MATRIX_NORMAL"})
  void evidenceOfRemovingTogetherIsTheDeterminantForm(Posterior posterior) {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, posterior);
      double[] mean = it.parameters("w.mean");
      double[] deviation = doubles(it.weights.standardDeviations());
      double[] t = it.parameters("w.correlation");
      int[] leaves = {at(0, 1), at(0, 3), at(0, COLUMNS), at(1, 2)};
      double expected = 0;
      for (int row = 0; row < 2; row++) {
        int[] places = row == 0 ? new int[] {1, 3, COLUMNS} : new int[] {2};
        double[] means = new double[places.length];
        for (int i = 0; i < places.length; i++) {
          means[i] = mean[at(row, places[i])];
        }
        double[][] covariance = covariance(factor(t, row), deviation, row);
        expected += FullCovarianceReduction.spikeDeltaF(means, part(covariance, places), PRIOR);
      }
      assertEquals(expected, it.weights.removalEvidence(leaves), 1e-5);
      if (posterior == Posterior.MATRIX_NORMAL) {
        assertEquals(
            unitByMatrixNormal(mean, deviation, t), it.weights.removalEvidence(unit()), 1e-4);
      }
    }
  }

  private static int[] unit() {
    return IntStream.range(0, WIDTH).map(k -> at(1, k)).toArray();
  }

  private static double unitByMatrixNormal(double[] mean, double[] deviation, double[] t) {
    double[][] means = new double[ROWS][WIDTH];
    double[][] factor = factor(t, 0);
    double[][] b = new double[WIDTH][WIDTH];
    for (int k = 0; k < WIDTH; k++) {
      for (int l = 0; l < WIDTH; l++) {
        b[l][k] = factor[k][l] * deviation[at(0, k)];
      }
      for (int row = 0; row < ROWS; row++) {
        means[row][k] = mean[at(row, k)];
      }
    }
    double[] a = new double[ROWS];
    double[] reduced = new double[ROWS];
    for (int row = 0; row < ROWS; row++) {
      a[row] = deviation[at(row, 0)] / deviation[at(0, 0)];
      reduced[row] = row == 1 ? 0 : PRIOR;
    }
    return MatrixNormalReduction.of(means, a, b, reduced, PRIOR).deltaF();
  }

  @Test
  void withoutCorrelationsItIsTheIndependentPosterior() {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, Posterior.FULL_ROW);
      backend.elementwise().fill(it.weights.correlation().factor(), 0);
      Sampling sampling = new Sampling(17);
      MeanFieldNormal independent =
          new MeanFieldNormal(backend, "w", 4, SIZE, PRIOR, sampling, Posterior.NORMAL);
      independent.initialize(1, 0.4);
      independent.setMask(it.weights.mask().toArray());
      sampling.training(9);
      Draw draw = independent.draw(Shape.of(SIZE), new Parameter(Tensor.of(Shape.SCALAR, SCALE)));
      Graph graph = Graph.forInference(backend, draw);
      graph.forward();
      it.sampling.invalidate();
      it.graph.forward();
      assertArrayEquals(draw.value().slice().toArray(), it.draw.value().slice().toArray(), 1e-6f);
      assertEquals(independent.klDivergence(), it.weights.klDivergence(), 1e-6);
      int[] some = unit();
      assertEquals(independent.removalEvidence(some), it.weights.removalEvidence(some), 1e-5);
    }
  }

  @Test
  void whatCannotBeDoneIsSaid() {
    try (Backend backend = Backends.open()) {
      Case it = new Case(backend, Posterior.MATRIX_NORMAL);
      VariationalStep step = new VariationalStep();
      assertMessage(
          IllegalArgumentException.class,
          "the posterior of w is matrix-normal",
          () -> it.draw.start(step, UpdateRule.Kind.IVON));
      assertMessage(
          IllegalArgumentException.class, "w is matrix-normal", () -> it.weights.moments(null));
      MeanFieldNormal other =
          new MeanFieldNormal(backend, "v", 5, 8, 1, it.sampling, Posterior.FULL_ROW);
      assertMessage(
          IllegalStateException.class, "correlateRows", () -> other.draw(Shape.of(8), null));
      assertMessage(
          IllegalArgumentException.class,
          "v has 8 weights and the posterior full-row",
          () -> other.correlateRows(2, 4, true));
      assertMessage(
          IllegalArgumentException.class,
          "have 5000050000000 numbers (1000 rows of 100001), 80000800000000 bytes",
          () -> new RowCorrelation(backend, "large", 1_000, 100_000, true, false));
    }
  }

  private static void assertMessage(
      Class<? extends RuntimeException> type, String part, Executable call) {
    String message = assertThrows(type, call).getMessage();
    assertTrue(message.contains(part), message);
  }
}
