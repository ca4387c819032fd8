package io.github.bmr4j.engine.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Derivatives against finite differences, and divergences beside zero. */
class KullbackLeiblerTest {

  /** Relative to 1 + the derivative: central differences with a step of 1e-5 are good to 1e-9. */
  private static final double DIFFERENCES = 1e-7;

  @ParameterizedTest
  @CsvSource({"0, 1, 0, 1", "0.3, 0.1, 0, 1", "-2, 3, 1, 0.5", "5, 0.01, 4.9, 0.02"})
  void normal(double qMean, double qScale, double pMean, double pScale) {
    Normal q = new Normal(qMean, qScale);
    Normal p = new Normal(pMean, pScale);
    assertDerivative(
        m -> KullbackLeibler.divergence(new Normal(m, qScale), p),
        qMean,
        qScale,
        KullbackLeibler.derivativeByLocation(q, p));
    assertDerivative(
        s -> KullbackLeibler.divergence(new Normal(qMean, s), p),
        qScale,
        qScale,
        KullbackLeibler.derivativeByScale(q, p));
  }

  @ParameterizedTest
  @CsvSource({"0, 1, 0, 1", "0.3, 0.1, 0, 1", "-2, 1.5, 1, 0.5"})
  void logNormal(double qMean, double qScale, double pMean, double pScale) {
    LogNormal q = new LogNormal(qMean, qScale);
    LogNormal p = new LogNormal(pMean, pScale);
    assertDerivative(
        m -> KullbackLeibler.divergence(new LogNormal(m, qScale), p),
        qMean,
        qScale,
        KullbackLeibler.derivativeByLocation(q, p));
    assertDerivative(
        s -> KullbackLeibler.divergence(new LogNormal(qMean, s), p),
        qScale,
        qScale,
        KullbackLeibler.derivativeByScale(q, p));
  }

  @ParameterizedTest
  @CsvSource({"0, 0.1, 2, 2", "0.5, 0.3, 2, 6", "-4, 1, 0.5, 1", "1, 0.01, 40, 15"})
  void logNormalToGamma(double location, double scale, double shape, double rate) {
    LogNormal q = new LogNormal(location, scale);
    Gamma p = new Gamma(shape, rate);
    assertDerivative(
        m -> KullbackLeibler.divergence(new LogNormal(m, scale), p),
        location,
        scale,
        KullbackLeibler.derivativeByLocation(q, p));
    assertDerivative(
        s -> KullbackLeibler.divergence(new LogNormal(location, s), p),
        scale,
        scale,
        KullbackLeibler.derivativeByScale(q, p));
  }

  @ParameterizedTest
  @CsvSource({
    "1, 1, 1, 1",
    "3, 2, 1, 1",
    "0.4, 2, 1.5, 0.3",
    "254, 190, 1, 1",
    "15.9, 3, 16.1, 3",
    "2, 6, 40, 30"
  })
  void gamma(double qShape, double qRate, double pShape, double pRate) {
    Gamma q = new Gamma(qShape, qRate);
    Gamma p = new Gamma(pShape, pRate);
    assertDerivative(
        a -> KullbackLeibler.divergence(new Gamma(a, qRate), p),
        qShape,
        qShape,
        KullbackLeibler.derivativeByShape(q, p));
    assertDerivative(
        b -> KullbackLeibler.divergence(new Gamma(qShape, b), p),
        qRate,
        qRate,
        KullbackLeibler.derivativeByRate(q, p));
  }

  /**
   * Close to the prior the divergence is half the Fisher information times the squared distance, to
   * the order of the relative distance. The terms of the textbook form are 1e7 at shape 1e6, and
   * their rounding, 1e-9, is hundreds of times what this test allows.
   */
  @ParameterizedTest
  @CsvSource({"0.2", "1", "7.5", "15.5", "40", "1e6"})
  void gammaBesideItsPrior(double shape) {
    double relative = 1e-6;
    Gamma p = new Gamma(shape, 2);
    double change = relative * shape;
    double byShape = 0.5 * SpecialFunctions.trigamma(shape) * change * change;
    assertEquals(
        byShape,
        KullbackLeibler.divergence(new Gamma(shape + change, 2), p),
        3 * relative * byShape);
    double byRate = 0.5 * shape * relative * relative;
    assertEquals(
        byRate,
        KullbackLeibler.divergence(new Gamma(shape, 2 * (1 + relative)), p),
        3 * relative * byRate);
  }

  @Test
  void normalBesideItsPrior() {
    double relative = 1e-7;
    Normal p = new Normal(3, 0.5);
    double expected = relative * relative;
    assertEquals(
        expected,
        KullbackLeibler.divergence(new Normal(3, 0.5 * (1 + relative)), p),
        1e-6 * expected);
  }

  @Test
  void isZeroForTheSameDistributionOnly() {
    assertEquals(0, KullbackLeibler.divergence(new Normal(3, 0.7), new Normal(3, 0.7)));
    assertEquals(0, KullbackLeibler.divergence(new LogNormal(3, 0.7), new LogNormal(3, 0.7)));
    assertEquals(0, KullbackLeibler.divergence(new Gamma(3, 0.7), new Gamma(3, 0.7)));
    assertTrue(KullbackLeibler.divergence(new Gamma(3, 0.7), new Gamma(3, 0.71)) > 0);
    assertTrue(KullbackLeibler.divergence(new LogNormal(0, 0.7), new Gamma(2, 1)) > 0);
  }

  private static void assertDerivative(
      DoubleUnaryOperator f, double x, double scale, double derivative) {
    double step = 1e-5 * scale;
    double difference = (f.applyAsDouble(x + step) - f.applyAsDouble(x - step)) / (2 * step);
    // Rounding of the divergence, of size 1e-16 · value, comes back divided by the step.
    double rounding = 1e-15 * (1 + Math.abs(f.applyAsDouble(x))) / step;
    assertEquals(difference, derivative, DIFFERENCES * (1 + Math.abs(derivative)) + rounding);
  }
}
