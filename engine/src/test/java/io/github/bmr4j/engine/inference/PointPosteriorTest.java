package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Add;
import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.distribution.Gamma;
import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import org.junit.jupiter.api.Test;

/** Posteriors of points against modes that are known in closed form. */
class PointPosteriorTest {

  private static final double PRIOR_VARIANCE = 0.5;

  private static Node half(Node x) {
    return new Scale(0.5f, new Sum(new Multiply(x, x)));
  }

  private static StochasticVariationalInference inference(
      Backend backend, Node loss, Sampling sampling, Optimizer.Rule rule) {
    return new StochasticVariationalInference(
        backend,
        Graph.forTraining(backend, loss),
        loss,
        Optimizer.of(rule, LearningRate.cosine(0.05, 1e-5, 3_000)),
        sampling,
        1,
        1,
        VariationalStep.Divergence.ANALYTIC);
  }

  /** −ln p = ½ (s γ b − y)² + ½ b²/v with s = 2: b = 2 y/(4 + 1/v), and 0 where γ = 0. */
  @Test
  void theModeOfWeightsUnderAScaleAndAMask() {
    try (Backend backend = Backends.open()) {
      float[] targets = {1.5f, -0.7f, 2};
      Sampling sampling = new Sampling(3);
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, "w", 0, 3, PRIOR_VARIANCE, sampling, Latent.Posterior.POINT);
      weights.initializeFromPrior(15, 0.1);
      weights.setMask(new float[] {1, 1, 0});
      Input two = new Input(Shape.SCALAR);
      Input minusY = new Input(Shape.of(3));
      Node loss = half(new Add(weights.draw(Shape.of(3), two), minusY));
      StochasticVariationalInference inference =
          inference(backend, loss, sampling, Optimizer.Adam.DEFAULT);
      two.value().slice().set(0, 2);
      two.push();
      for (int i = 0; i < 3; i++) {
        minusY.value().slice().set(i, -targets[i]);
      }
      minusY.push();
      for (int i = 0; i < 3_000; i++) {
        inference.step();
      }
      backend.memory().pull(weights.factors().mean());
      double expected = 0;
      for (int i = 0; i < 3; i++) {
        double mode = i == 2 ? 0 : 2 * targets[i] / (4 + 1 / PRIOR_VARIANCE);
        assertEquals(mode, weights.factors().mean().get(i), 1e-4);
        expected -= i == 2 ? 0 : new Normal(0, Math.sqrt(PRIOR_VARIANCE)).logDensity(mode);
      }
      assertEquals(expected, weights.klDivergence(), 1e-3);
    }
  }

  /**
   * The mode of x itself, not of ln x: −ln p = y x − ln x + rate x − (shape − 1) ln x has it at
   * shape/(rate + y).
   */
  @Test
  void theModeOfPositiveQuantitiesHasNoJacobian() {
    try (Backend backend = Backends.open()) {
      Gamma prior = new Gamma(2, 3);
      Sampling sampling = new Sampling(3);
      MeanFieldLogNormal x =
          new MeanFieldLogNormal(backend, "x", 0, 1, prior, sampling, Latent.Posterior.POINT);
      x.initializeFromPrior(15, 0.1);
      Node logarithm = x.drawLogarithm(Shape.of(1));
      Node loss =
          new Sum(
              new Add(
                  new Scale(0.5f, new Apply(UnaryFunction.EXP, logarithm)),
                  new Scale(-1, logarithm)));
      StochasticVariationalInference inference =
          inference(backend, loss, sampling, Optimizer.AdaBelief.DEFAULT);
      for (int i = 0; i < 3_000; i++) {
        inference.step();
      }
      double mode = 2 / 3.5;
      backend.memory().pull(x.factors().mean());
      assertEquals(Math.log(mode), x.factors().mean().get(0), 1e-4);
      assertEquals(-prior.logDensity(mode), x.klDivergence(), 1e-4);
    }
  }

  /** The median of 15 normal draws has a standard deviation of 0.3185 (order statistics). */
  @Test
  void startingValuesAreMediansOfDrawsFromThePrior() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(11);
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, "w", 0, 20_000, 1, sampling, Latent.Posterior.POINT);
      weights.initializeFromPrior(15, 0.1);
      Slice mean = weights.factors().mean();
      backend.memory().pull(mean);
      double squares = 0;
      double sum = 0;
      for (int i = 0; i < mean.length(); i++) {
        sum += mean.get(i);
        squares += mean.get(i) * mean.get(i);
      }
      assertEquals(0, sum / mean.length(), 0.01);
      assertEquals(0.3185, Math.sqrt(squares / mean.length()), 0.006);
      assertEquals(0, weights.factors().meanMoment1().get(0));

      // The median of Gamma(2, 2) is 0.83917.
      MeanFieldLogNormal x =
          new MeanFieldLogNormal(backend, "x", 1, 2_000, new Gamma(2, 2), sampling);
      x.initializeFromPrior(15, 0.1);
      backend.memory().pull(x.factors().mean());
      double logarithms = 0;
      for (int i = 0; i < x.size(); i++) {
        logarithms += x.factors().mean().get(i);
      }
      assertEquals(Math.log(0.83917), logarithms / x.size(), 0.02);
      assertThrows(IllegalArgumentException.class, () -> x.initializeFromPrior(4, 0.1));
    }
  }

  @Test
  void naturalGradientsNeedAPosteriorWithASpread() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(3);
      MeanFieldNormal weights =
          new MeanFieldNormal(backend, "w", 0, 3, 1, sampling, Latent.Posterior.POINT);
      Node loss = half(weights.draw(Shape.of(3), null));
      StochasticVariationalInference inference =
          inference(backend, loss, sampling, Optimizer.Ivon.PUBLISHED);
      String message = assertThrows(IllegalArgumentException.class, inference::step).getMessage();
      assertTrue(message.contains("the posterior of w is point"), message);
    }
  }
}
