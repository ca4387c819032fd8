package io.github.bmr4j.engine.inference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.autodiff.Apply;
import io.github.bmr4j.engine.autodiff.Graph;
import io.github.bmr4j.engine.autodiff.Input;
import io.github.bmr4j.engine.autodiff.Multiply;
import io.github.bmr4j.engine.autodiff.Node;
import io.github.bmr4j.engine.autodiff.Parameter;
import io.github.bmr4j.engine.autodiff.Scale;
import io.github.bmr4j.engine.autodiff.Sum;
import io.github.bmr4j.engine.distribution.KullbackLeibler;
import io.github.bmr4j.engine.distribution.LogUniform;
import io.github.bmr4j.engine.distribution.TruncatedLogNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormal;
import io.github.bmr4j.engine.distribution.TruncatedNormalDraws;
import io.github.bmr4j.engine.inference.MultiplicativeNoise.Granularity;
import io.github.bmr4j.engine.optim.LearningRate;
import io.github.bmr4j.engine.optim.Optimizer;
import io.github.bmr4j.engine.random.Streams;
import io.github.bmr4j.engine.tensor.Shape;
import io.github.bmr4j.engine.tensor.Tensor;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Backends;
import io.github.bmr4j.kernels.Slice;
import io.github.bmr4j.kernels.UnaryFunction;
import io.github.bmr4j.kernels.VariationalStep;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Multiplicative noise: gradients, moments, masks, and where its optimum is known. */
class MultiplicativeNoiseTest {

  private static final LogUniform PRIOR = new LogUniform(-20, 0);
  private static final LogUniform SCALES = new LogUniform(-20, 5);
  private static final long SEED = 17;
  private static final int STRUCTURES = 4;

  /** μ in and outside the bounds, σ small and large. */
  private static final float[] LOCATIONS = {-0.7f, 0.3f, -18, 2};

  private static final float[] LOG_SCALES = {-1, 0.2f, 3, -1.5f};

  private static MultiplicativeNoise noise(
      Backend backend, Granularity granularity, Sampling sampling) {
    MultiplicativeNoise noise =
        new MultiplicativeNoise(
            backend, "noise", 3, STRUCTURES, PRIOR, SCALES, granularity, sampling);
    noise.locations().copyFrom(LOCATIONS, 0);
    noise.logScales().copyFrom(LOG_SCALES, 0);
    backend.memory().push(noise.locations());
    backend.memory().push(noise.logScales());
    return noise;
  }

  /** Σ weight (x θ)² in double, from the same uniform numbers. */
  private static double loss(
      double[] x, double[] weight, double[] location, double[] logScale, int inner, Slice uniform) {
    TruncatedNormal q = new TruncatedNormal();
    TruncatedNormalDraws draws = new TruncatedNormalDraws();
    double sum = 0;
    for (int i = 0; i < x.length; i++) {
      int s = i / inner % STRUCTURES;
      draws.set(q.set(location[s], Math.exp(logScale[s]), -20, 0));
      int ofStructure = i / (inner * STRUCTURES) * inner + i % inner;
      int draw = uniform.length() == STRUCTURES ? s : s * (x.length / STRUCTURES) + ofStructure;
      double y = x[i] * Math.exp(draws.draw(uniform.get(draw)));
      sum += weight[i] * y * y;
    }
    return sum;
  }

  private static double[] wide(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static double difference(java.util.function.DoubleSupplier f, double[] at, int i) {
    double h = 1e-5;
    double centre = at[i];
    at[i] = centre + h;
    double up = f.getAsDouble();
    at[i] = centre - h;
    double down = f.getAsDouble();
    at[i] = centre;
    return (up - down) / (2 * h);
  }

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void gradientsOfUnits(Granularity granularity) {
    checkGradients(granularity, Shape.of(5, STRUCTURES), 1, 1);
  }

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void gradientsOfFilters(Granularity granularity) {
    checkGradients(granularity, Shape.of(3, STRUCTURES, 2, 3), 1, 6);
  }

  @ParameterizedTest
  @EnumSource(Granularity.class)
  void gradientsOfFeaturesOfTokens(Granularity granularity) {
    checkGradients(granularity, Shape.of(2, 3, STRUCTURES), 2, 1);
  }

  private static void checkGradients(Granularity granularity, Shape shape, int axis, int inner) {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise = noise(backend, granularity, sampling);
      Random random = new Random(3);
      float[] x = new float[shape.size()];
      float[] weight = new float[x.length];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) random.nextGaussian();
        weight[i] = (float) random.nextGaussian();
      }
      Parameter activations = new Parameter(Tensor.of(shape, x));
      Input weights = new Input(Tensor.of(shape, weight));
      NoisyActivation y = noise.on(activations, axis);
      Node loss = new Sum(new Multiply(weights, new Apply(UnaryFunction.SQUARE, y)));
      Graph graph = Graph.forTraining(backend, loss);
      sampling.training(9);
      for (int repetition = 0; repetition < 2; repetition++) {
        graph.forward();
        graph.backward();
      }

      int draws = granularity == Granularity.ELEMENT ? x.length : STRUCTURES;
      Slice uniform = Slice.allocate(draws);
      backend.noise().uniform(SEED, Streams.of(Streams.Purpose.TRAINING, 3), 9, uniform);
      double[] xs = wide(x);
      double[] ws = wide(weight);
      double[] locations = wide(LOCATIONS);
      double[] logScales = wide(LOG_SCALES);
      java.util.function.DoubleSupplier f =
          () -> loss(xs, ws, locations, logScales, inner, uniform);
      close(f.getAsDouble(), loss.value().slice().get(0));
      for (int s = 0; s < STRUCTURES; s++) {
        close(difference(f, locations, s), y.locationGradient().get(s));
        close(difference(f, logScales, s), y.logScaleGradient().get(s));
      }
      for (int i = 0; i < x.length; i++) {
        close(difference(f, xs, i), activations.gradient().slice().get(i));
      }
    }
  }

  private static void close(double expected, double actual) {
    assertEquals(expected, actual, 1e-5 * (1 + Math.abs(expected)));
  }

  @Test
  void averagesOfDrawsAreTheMeanThatReplacesThem() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise = noise(backend, Granularity.ELEMENT, sampling);
      int batch = 20_000;
      Tensor ones = Tensor.allocate(Shape.of(batch, STRUCTURES));
      ones.slice().fill(1);
      NoisyActivation y = noise.on(new Input(ones), 1);
      Graph graph = Graph.forInference(backend, y);
      sampling.prediction(0);
      graph.forward();
      double[] sum = new double[STRUCTURES];
      for (int i = 0; i < batch * STRUCTURES; i++) {
        sum[i % STRUCTURES] += y.value().slice().get(i) / (double) batch;
      }
      sampling.posteriorMean();
      graph.forward();
      for (int s = 0; s < STRUCTURES; s++) {
        TruncatedLogNormal q = noise.posterior(s);
        assertEquals(q.mean(), y.value().slice().get(s), 1e-7);
        assertEquals(q.mean(), sum[s], 5 * Math.sqrt(q.variance() / batch));
      }
    }
  }

  @Test
  void oneDrawOfAStructureIsTheSameForTheWholeBatch() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise = noise(backend, Granularity.STRUCTURE, sampling);
      Tensor ones = Tensor.allocate(Shape.of(3, STRUCTURES, 2));
      ones.slice().fill(1);
      NoisyActivation y = noise.on(new Input(ones), 1);
      Graph graph = Graph.forInference(backend, y);
      sampling.training(1);
      graph.forward();
      float[] first = y.value().slice().toArray();
      for (int i = 0; i < first.length; i++) {
        assertEquals(first[i / 2 % STRUCTURES * 2], first[i]);
      }
      sampling.training(2);
      graph.forward();
      assertTrue(y.value().slice().get(0) != first[0]);
    }
  }

  @Test
  void aStructureThatHasLeftIsZeroAndLearnsFromTheDivergenceAlone() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise = noise(backend, Granularity.ELEMENT, sampling);
      noise.setKept(new boolean[] {true, false, true, true});
      Tensor ones = Tensor.allocate(Shape.of(2, STRUCTURES));
      ones.slice().fill(1);
      NoisyActivation y = noise.on(new Parameter(ones), 1);
      Graph graph = Graph.forTraining(backend, new Sum(y), y);
      sampling.training(1);
      graph.forward();
      graph.backward();
      assertEquals(0, y.value().slice().get(1));
      assertEquals(0, y.value().slice().get(STRUCTURES + 1));
      assertEquals(0, y.locationGradient().get(1));
      assertEquals(0, y.logScaleGradient().get(1));
      assertTrue(y.locationGradient().get(0) != 0);
      double divergence = KullbackLeibler.divergence(noise.posterior(1), PRIOR);
      assertEquals(STRUCTURES * noise.meanDivergence() - divergence, noise.klDivergence(), 1e-12);
    }
  }

  /** y = θ + noise of variance v, seen N times: the ELBO's optimum is found by other means, too. */
  @Test
  void findsTheBestPosterior() {
    double target = 0.6;
    int examples = 50;
    double variance = 0.5;
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise =
          new MultiplicativeNoise(
              backend, "noise", 0, 1, PRIOR, SCALES, Granularity.ELEMENT, sampling);
      noise.initialize(-0.2, -1.5);
      Tensor ones = Tensor.allocate(Shape.of(examples, 1));
      ones.slice().fill(1);
      Tensor targets = Tensor.allocate(Shape.of(examples, 1));
      targets.slice().fill((float) -target);
      Node error =
          new io.github.bmr4j.engine.autodiff.Add(noise.on(new Input(ones), 1), new Input(targets));
      Node loss =
          new Scale((float) (0.5 / variance), new Sum(new Apply(UnaryFunction.SQUARE, error)));
      StochasticVariationalInference inference =
          new StochasticVariationalInference(
              backend,
              Graph.forTraining(backend, loss),
              loss,
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.cosine(2e-2, 1e-4, 3_000)),
              sampling,
              examples,
              examples,
              VariationalStep.Divergence.ANALYTIC);
      for (int i = 0; i < 3_000; i++) {
        inference.step();
      }
      TruncatedLogNormal q = noise.posterior(0);
      double reached = objective(q.location(), Math.log(q.scale()), target, examples / variance);
      double best = Double.NEGATIVE_INFINITY;
      for (double location = -1; location < 0.5; location += 0.01) {
        for (double logScale = -3; logScale < 1; logScale += 0.01) {
          best = Math.max(best, objective(location, logScale, target, examples / variance));
        }
      }
      assertEquals(best, reached, 2e-3);
      assertTrue(q.location() > -1 && q.location() < 0.5 && Math.log(q.scale()) > -3);
    }
  }

  /** −½ precision E[(θ − t)²] − KL. */
  private static double objective(
      double location, double logScale, double target, double precision) {
    TruncatedLogNormal q = new TruncatedLogNormal(location, Math.exp(logScale), -20, 0);
    double first = q.mean();
    double second = Math.exp(q.logarithm().logExponentialMoment(2));
    return -0.5 * precision * (second - 2 * target * first + target * target)
        - KullbackLeibler.divergence(q, PRIOR);
  }

  @Test
  void withoutDataThePosteriorBecomesThePrior() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise =
          new MultiplicativeNoise(
              backend, "noise", 0, 3, PRIOR, SCALES, Granularity.STRUCTURE, sampling);
      noise.initialize(0, -5);
      assertEquals(7.269940920909264, noise.meanDivergence(), 1e-6);
      Tensor zeros = Tensor.allocate(Shape.of(1, 3));
      Node loss = new Sum(noise.on(new Input(zeros), 1));
      StochasticVariationalInference inference =
          new StochasticVariationalInference(
              backend,
              Graph.forTraining(backend, loss),
              loss,
              Optimizer.of(Optimizer.Adam.DEFAULT, LearningRate.constant(2e-2)),
              sampling,
              1,
              1,
              VariationalStep.Divergence.ANALYTIC);
      for (int i = 0; i < 2_000; i++) {
        inference.step();
      }
      assertTrue(noise.meanDivergence() < 1e-3, () -> "" + noise.meanDivergence());
      noise.setDivergenceFactor(0);
      float before = noise.locations().get(0);
      Optimizer fresh = Optimizer.of(new Optimizer.Adam(0, 0, 1e-8), LearningRate.constant(1));
      VariationalStep step = new VariationalStep();
      noise.update(Slice.allocate(3), Slice.allocate(3), step, fresh.nextStep());
      assertEquals(before, noise.locations().get(0));
    }
  }

  @Test
  void theLimitOfTheScaleEndsItsGradient() {
    try (Backend backend = Backends.open()) {
      Sampling sampling = new Sampling(SEED);
      MultiplicativeNoise noise =
          new MultiplicativeNoise(
              backend, "noise", 0, 1, PRIOR, SCALES, Granularity.STRUCTURE, sampling);
      noise.initialize(0, 7);
      assertEquals(Math.exp(5), noise.posterior(0).scale(), 1e-12);
      Optimizer sgd = Optimizer.of(new Optimizer.Adam(0, 0, 1e-8), LearningRate.constant(1));
      noise.update(Slice.of(0), Slice.of(1), new VariationalStep(), sgd.nextStep());
      assertEquals(7, noise.logScales().get(0));
    }
  }

  @Test
  void structuresMustLieAlongTheAxis() {
    try (Backend backend = Backends.open()) {
      MultiplicativeNoise noise = noise(backend, Granularity.ELEMENT, new Sampling(SEED));
      Input x = new Input(Shape.of(2, 5));
      IllegalArgumentException thrown =
          assertThrows(IllegalArgumentException.class, () -> noise.on(x, 1));
      assertTrue(thrown.getMessage().contains("4 structures"), thrown.getMessage());
      assertThrows(IllegalArgumentException.class, () -> noise.setKept(new boolean[3]));
    }
  }

  @Test
  void anInfiniteParameterIsNamed() {
    try (Backend backend = Backends.open()) {
      MultiplicativeNoise noise = noise(backend, Granularity.ELEMENT, new Sampling(SEED));
      assertEquals(null, noise.nonFinite());
      noise.logScales().set(2, Float.NaN);
      backend.memory().push(noise.logScales());
      assertTrue(noise.nonFinite().contains("noise[2]"));
      assertThrows(IllegalArgumentException.class, () -> noise.posterior(2));
    }
  }
}
