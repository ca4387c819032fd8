package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Linear;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.autodiff.View;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.SpecialFunctions;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.NormalFactors;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Inference against cases whose best mean-field posterior is known in closed form. */
class StochasticVariationalInferenceTest {

  private static final int EXAMPLES = 64;
  private static final double PRIOR_VARIANCE = 0.5;

  /** Linear regression y = x·w + noise of variance 1, two weights and a bias, correlated inputs. */
  private static final class Regression {

    final float[] x = new float[EXAMPLES * 2];
    final float[] y = new float[EXAMPLES];

    Regression() {
      Random random = new Random(5);
      for (int i = 0; i < EXAMPLES; i++) {
        x[2 * i] = (float) random.nextGaussian();
        x[2 * i + 1] = (float) (0.6 * x[2 * i] + 0.8 * random.nextGaussian());
        y[i] = (float) (0.7 * x[2 * i] - 0.4 * x[2 * i + 1] + 0.2 + random.nextGaussian());
      }
    }

    /** XᵀX + I/v with the bias as the third input. */
    double[][] precision() {
      double[][] p = new double[3][3];
      for (int i = 0; i < EXAMPLES; i++) {
        double[] row = {x[2 * i], x[2 * i + 1], 1};
        for (int j = 0; j < 3; j++) {
          for (int k = 0; k < 3; k++) {
            p[j][k] += row[j] * row[k];
          }
        }
      }
      for (int j = 0; j < 3; j++) {
        p[j][j] += 1 / PRIOR_VARIANCE;
      }
      return p;
    }

    /** The exact posterior mean, by Gauss–Seidel on the normal equations. */
    double[] mean() {
      double[][] p = precision();
      double[] b = new double[3];
      for (int i = 0; i < EXAMPLES; i++) {
        b[0] += x[2 * i] * y[i];
        b[1] += x[2 * i + 1] * y[i];
        b[2] += y[i];
      }
      double[] w = new double[3];
      for (int sweep = 0; sweep < 200; sweep++) {
        for (int j = 0; j < 3; j++) {
          double rest = b[j];
          for (int k = 0; k < 3; k++) {
            rest -= k == j ? 0 : p[j][k] * w[k];
          }
          w[j] = rest / p[j][j];
        }
      }
      return w;
    }
  }

  private static MeanFieldNormal fit(
      Backend backend, VariationalStep.Divergence divergence, int steps) {
    Optimizer optimizer =
        Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(3e-2, 1e-4, steps));
    return fit(backend, divergence, optimizer, steps);
  }

  private static MeanFieldNormal fit(
      Backend backend, VariationalStep.Divergence divergence, Optimizer optimizer, int steps) {
    return fit(backend, divergence, optimizer, steps, Latent.Posterior.NORMAL);
  }

  private static MeanFieldNormal fit(
      Backend backend,
      VariationalStep.Divergence divergence,
      Optimizer optimizer,
      int steps,
      Latent.Posterior posterior) {
    Regression data = new Regression();
    Sampling sampling = new Sampling(11);
    MeanFieldNormal weights =
        new MeanFieldNormal(backend, "weights", 0, 3, PRIOR_VARIANCE, sampling, posterior);
    if (posterior.isCorrelated()) {
      weights.correlateRows(1, 2, true);
    }
    weights.initialize(0.5, 0.3);
    Input x = new Input(Shape.of(EXAMPLES, 2));
    Input y = new Input(Shape.of(EXAMPLES, 1));
    Draw draw = weights.draw(Shape.of(3), null);
    Node prediction =
        new Linear(x, new View(draw, 0, Shape.of(1, 2)), new View(draw, 2, Shape.of(1)));
    Node error = new Add(prediction, new Scale(-1, y));
    Node loss = new Scale(0.5f, new Sum(new Apply(UnaryFunction.SQUARE, error)));
    Graph graph = Graph.forTraining(backend, loss);
    x.value().slice().copyFrom(data.x, 0);
    x.push();
    y.value().slice().copyFrom(data.y, 0);
    y.push();
    StochasticVariationalInference inference =
        new StochasticVariationalInference(
            backend, graph, loss, optimizer, sampling, EXAMPLES, EXAMPLES, divergence);
    for (int i = 0; i < steps; i++) {
      inference.step();
    }
    inference.requireFinite();
    return weights;
  }

  /**
   * The best mean-field normal approximation of a normal posterior has its mean, and the diagonal
   * of its precision.
   */
  @ParameterizedTest
  @EnumSource
  void findsTheMeanFieldPosteriorOfLinearRegression(VariationalStep.Divergence divergence) {
    try (Backend backend = Backends.open()) {
      assertIsMeanFieldPosterior(fit(backend, divergence, 6_000));
    }
  }

  /** With correlations the family holds the exact posterior, so that is what must be found. */
  @ParameterizedTest
  @CsvSource({
    "FULL_ROW, ANALYTIC",
    "FULL_ROW, SAMPLED",
    "MATRIX_NORMAL, ANALYTIC",
    "MATRIX_NORMAL, SAMPLED"
  })
  void findsTheExactPosteriorWhereRowsAreCorrelated(
      Latent.Posterior posterior, VariationalStep.Divergence divergence) {
    int steps = 6_000;
    Optimizer optimizer =
        Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(3e-2, 1e-4, steps));
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = fit(backend, divergence, optimizer, steps, posterior);
      double[] mean = new Regression().mean();
      double[][] precision = new Regression().precision();
      double[][] covariance =
          weights.correlation().covariance(0, new int[] {0, 1, 2}, weights.standardDeviations());
      for (int i = 0; i < 3; i++) {
        double sd = Math.sqrt(covariance[i][i]);
        assertEquals(mean[i], weights.factors().mean().get(i), 0.1 * sd, "mean " + i);
        for (int k = 0; k < 3; k++) {
          double product = 0;
          for (int l = 0; l < 3; l++) {
            product += precision[i][l] * covariance[l][k];
          }
          assertEquals(i == k ? 1 : 0, product, 0.06, "P C at " + i + ", " + k);
        }
      }
    }
  }

  /** IVON's precision λh + 1/v is that of the posterior; also where it starts far from it. */
  @ParameterizedTest
  @ValueSource(strings = {"scalar", "best"})
  void ivonFindsTheSamePosterior(String name) {
    int steps = 8_000;
    Optimizer optimizer =
        Optimizer.of(new Optimizer.Ivon(0.9, 0.9995), LearningRate.cosine(0.1, 1e-3, steps));
    try (Backend backend = name.equals("best") ? Backends.open() : Backends.open(name)) {
      MeanFieldNormal weights = fit(backend, VariationalStep.Divergence.ANALYTIC, optimizer, steps);
      assertIsMeanFieldPosterior(weights);
      NormalFactors q = weights.factors();
      for (int i = 0; i < 3; i++) {
        double precision = EXAMPLES * q.rhoMoment1().get(i) + 1 / PRIOR_VARIANCE;
        double sd = SpecialFunctions.softplus(q.rho().get(i));
        assertEquals(1 / Math.sqrt(precision), sd, 1e-5 * sd, "state of " + i);
      }
    }
  }

  private static void assertIsMeanFieldPosterior(MeanFieldNormal weights) {
    Slice deviations = weights.standardDeviations();
    double[] mean = new Regression().mean();
    double[][] precision = new Regression().precision();
    for (int i = 0; i < 3; i++) {
      double sd = 1 / Math.sqrt(precision[i][i]);
      assertEquals(mean[i], weights.factors().mean().get(i), 0.1 * sd, "mean " + i);
      assertEquals(sd, deviations.get(i), 0.05 * sd, "standard deviation " + i);
    }
  }

  @Test
  void theNumberOfThreadsDoesNotChangeABit() {
    try (Backend one = Backends.open(1);
        Backend two = Backends.open(2)) {
      MeanFieldNormal a = fit(one, VariationalStep.Divergence.ANALYTIC, 200);
      MeanFieldNormal b = fit(two, VariationalStep.Divergence.ANALYTIC, 200);
      assertArrayEquals(a.factors().mean().toArray(), b.factors().mean().toArray());
      assertArrayEquals(a.factors().rho().toArray(), b.factors().rho().toArray());
    }
  }

  /**
   * Without data the posterior is the prior; for ln x with x ~ Gamma(a, b) the best normal has
   * exp(m + s²/2) = a/b and s² = 1/a.
   */
  @ParameterizedTest
  @EnumSource
  void aScaleWithoutDataGoesToTheBestApproximationOfItsPrior(
      VariationalStep.Divergence divergence) {
    scaleWithoutData(divergence, Optimizer.Adam.DEFAULT, 3e-2);
  }

  @ParameterizedTest
  @EnumSource
  void soItDoesByNaturalGradients(VariationalStep.Divergence divergence) {
    scaleWithoutData(divergence, new Optimizer.Ivon(0.9, 0.998), 0.1);
  }

  private static void scaleWithoutData(
      VariationalStep.Divergence divergence, Optimizer.Rule rule, double rate) {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(3);
      MeanFieldLogNormal scale =
          new MeanFieldLogNormal(backend, "scale", 0, 8, new Gamma(2, 6), sampling);
      scale.initialize(1, 0.1);
      Draw draw = scale.drawLogarithm(Shape.of(8));
      Node loss = new Scale(0, new Sum(draw));
      Graph graph = Graph.forTraining(backend, loss);
      int steps = 6_000;
      StochasticVariationalInference inference =
          new StochasticVariationalInference(
              backend,
              graph,
              loss,
              Optimizer.of(rule, LearningRate.cosine(rate, 1e-4, steps)),
              sampling,
              1,
              1,
              divergence);
      for (int i = 0; i < steps; i++) {
        inference.step();
      }
      // The sampled divergence keeps some noise of the last steps.
      double tolerance = divergence == VariationalStep.Divergence.ANALYTIC ? 0.01 : 0.1;
      double s = Math.sqrt(0.5);
      double m = Math.log(2.0 / 6) - 0.25;
      for (int i = 0; i < 8; i++) {
        assertEquals(m, scale.factors().mean().get(i), tolerance);
        double rho = scale.factors().rho().get(i);
        assertEquals(s, Math.log1p(Math.exp(rho)), tolerance);
      }
      assertTrue(inference.klDivergence() > 0);
    }
  }

  @Test
  void theGradientOfAScaleIsTheSumOverItsWeights() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(1);
      MeanFieldNormal weights = new MeanFieldNormal(backend, "w", 0, 37, 1, sampling);
      weights.initialize(2, 0.1);
      Parameter u = new Parameter(Tensor.of(Shape.SCALAR, 0.3f));
      Draw draw = weights.draw(Shape.of(37), new Apply(UnaryFunction.EXP, u));
      Node loss = new Sum(new Apply(UnaryFunction.SQUARE, draw));
      Graph graph = Graph.forTraining(backend, loss);
      sampling.training(1);
      graph.forward();
      graph.backward();
      // Σ (eᵘ b)² has the derivative 2 Σ (eᵘ b)² with respect to u.
      assertEquals(2 * loss.value().item(), u.gradient().item(), 1e-4 * loss.value().item());
    }
  }

  /** The update multiplies gradients with the scale, so no gradient may have taken its memory. */
  @Test
  void scalesAreStillThereAfterTheBackwardPass() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(1);
      List<Node> scales = new ArrayList<>();
      // Widths that fall, so that the gradients of the first layers are the largest buffers.
      int[] widths = {3, 64, 32, 16, 8};
      Node y = new Input(Shape.of(2, widths[0]));
      for (int layer = 0; layer + 1 < widths.length; layer++) {
        int in = widths[layer];
        int out = widths[layer + 1];
        int size = out * in + out;
        MeanFieldLogNormal spread =
            new MeanFieldLogNormal(
                backend, "scale" + layer, 2 * layer, 1, new Gamma(2, 2), sampling);
        spread.initialize(2, 0.1);
        MeanFieldNormal weights =
            new MeanFieldNormal(backend, "w" + layer, 2 * layer + 1, size, 1, sampling);
        weights.initialize(2, 0.1);
        Node scale =
            new Apply(UnaryFunction.EXP, new Scale(-0.5f, spread.drawLogarithm(Shape.SCALAR)));
        scales.add(scale);
        Draw draw = weights.draw(Shape.of(size), scale);
        Node linear =
            new Linear(
                y, new View(draw, 0, Shape.of(out, in)), new View(draw, out * in, Shape.of(out)));
        y = new Apply(UnaryFunction.TANH, linear);
      }
      Graph graph = Graph.forTraining(backend, new Sum(y));
      sampling.training(1);
      graph.forward();
      float[] before = values(scales);
      graph.backward();
      assertArrayEquals(before, values(scales));
    }
  }

  private static float[] values(List<Node> scalars) {
    float[] values = new float[scalars.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = scalars.get(i).value().item();
    }
    return values;
  }

  @Test
  void aNanInThePosteriorIsNamed() {
    try (Backend backend = Backends.open()) {
      MeanFieldNormal weights = fit(backend, VariationalStep.Divergence.ANALYTIC, 1);
      assertTrue(Double.isFinite(weights.klDivergence()));
    }
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(2);
      MeanFieldNormal weights = new MeanFieldNormal(backend, "layer7", 0, 5, 1, sampling);
      weights.initialize(1, 0.1);
      weights.factors().mean().set(3, Float.NaN);
      Draw draw = weights.draw(Shape.of(5), null);
      Node loss = new Sum(draw);
      Graph graph = Graph.forTraining(backend, loss);
      StochasticVariationalInference inference =
          new StochasticVariationalInference(
              backend,
              graph,
              loss,
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-3)),
              sampling,
              1,
              1,
              VariationalStep.Divergence.ANALYTIC);
      String message = assertThrows(DivergedException.class, inference::step).getMessage();
      assertTrue(message.contains("layer7[3]") && message.contains("step 1"), message);
    }
  }

  @Test
  void masksTakeWeightsOutOfTheNetworkAndOutOfTheDivergence() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(4);
      MeanFieldNormal weights = new MeanFieldNormal(backend, "w", 0, 4, 1, sampling);
      weights.initialize(2, 0.1);
      Draw draw = weights.draw(Shape.of(4), null);
      Graph graph = Graph.forInference(backend, draw);
      sampling.prediction(0);
      graph.forward();
      float[] all = draw.value().slice().toArray();
      weights.setMask(new float[] {1, 0, 1, 0});
      graph.forward();
      assertArrayEquals(new float[] {all[0], 0, all[2], 0}, draw.value().slice().toArray(), 0f);
      double kl = 0;
      for (int i = 0; i < 4; i += 2) {
        double mean = weights.factors().mean().get(i);
        kl += 0.5 * (mean * mean + 0.01 - 1 - Math.log(0.01));
      }
      assertEquals(kl, weights.klDivergence(), 1e-4 * kl);
    }
  }

  /** Σ w x for one weight and one x, which the test sets. */
  private static final class OneWeight {
    final Input x = new Input(Shape.of(1));
    final MeanFieldNormal weight;
    final StochasticVariationalInference inference;

    OneWeight(Backend backend) {
      Sampling sampling = new Sampling(2);
      weight = new MeanFieldNormal(backend, "weight", 0, 1, 1, sampling);
      weight.initialize(1, 0.1);
      Node product = new Multiply(weight.draw(Shape.of(1), null), x);
      Node loss = new Sum(new Apply(UnaryFunction.SQUARE, product));
      inference =
          new StochasticVariationalInference(
              backend,
              Graph.forTraining(backend, loss),
              loss,
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(1e-2)),
              sampling,
              1,
              1,
              VariationalStep.Divergence.ANALYTIC);
    }

    double step(float value) {
      x.value().slice().set(0, value);
      x.push();
      return inference.step();
    }
  }

  /** The first loss is read at once, then the mean of each four; the steps are the same. */
  @Test
  void theLossOfSeveralStepsIsReadAtOnce() {
    try (Backend backend = Backends.open("scalar", 1)) {
      OneWeight each = new OneWeight(backend);
      OneWeight fourth = new OneWeight(backend);
      fourth.inference.setLossPeriod(4);
      double known = each.step(1);
      assertEquals(known, fourth.step(1));
      double sum = 0;
      for (int i = 1; i <= 12; i++) {
        sum += each.step(1 + i);
        double loss = fourth.step(1 + i);
        if (i % 4 == 0) {
          known = sum / 4;
          sum = 0;
        }
        assertEquals(known, loss, "step " + (i + 1));
      }
      assertArrayEquals(
          each.weight.factors().mean().toArray(), fourth.weight.factors().mean().toArray());
    }
  }

  @Test
  void aLossThatIsReadLateIsNamedByItsStep() {
    try (Backend backend = Backends.open("scalar", 1)) {
      OneWeight model = new OneWeight(backend);
      model.inference.setLossPeriod(4);
      model.step(1);
      model.step(1);
      model.step(Float.POSITIVE_INFINITY);
      model.step(1);
      String message = assertThrows(DivergedException.class, () -> model.step(1)).getMessage();
      assertTrue(
          message.startsWith("The loss became Infinity at step 3, which was seen at step 5; "),
          message);
      assertThrows(IllegalArgumentException.class, () -> model.inference.setLossPeriod(0));
    }
  }
}
