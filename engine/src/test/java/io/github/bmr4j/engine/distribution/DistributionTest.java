package io.github.bmr4j.engine.distribution;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Closed forms against the trapezoidal rule, which converges geometrically for these integrands.
 */
class DistributionTest {

  private static final double[][] NORMALS = {{0, 1}, {0.3, 0.1}, {-2, 3}, {5, 0.7}};
  private static final double[][] LOG_NORMALS = {{0, 1}, {0.3, 0.1}, {-2, 0.6}, {1.5, 0.7}};
  private static final double[][] GAMMAS = {{2, 2}, {2, 6}, {0.5, 1}, {7.5, 0.3}, {40, 11}};

  /** ∫ f(x) dx over the real line. */
  private static double integrateLine(DoubleUnaryOperator f) {
    double step = 2.5e-3;
    double sum = 0;
    for (int i = -24_000; i <= 24_000; i++) {
      sum += f.applyAsDouble(i * step);
    }
    return sum * step;
  }

  /** ∫ f(x) dx over the positive axis, with x = eᵗ. */
  private static double integratePositive(DoubleUnaryOperator f) {
    return integrateLine(
        t -> {
          double x = Math.exp(t);
          return x == 0 || x > 1e200 ? 0 : f.applyAsDouble(x) * x;
        });
  }

  /** The integrand density · g, zero where the density underflows. */
  private static DoubleUnaryOperator weighted(
      DoubleUnaryOperator logDensity, DoubleUnaryOperator g) {
    return x -> {
      double density = Math.exp(logDensity.applyAsDouble(x));
      return density == 0 ? 0 : density * g.applyAsDouble(x);
    };
  }

  private static void close(double expected, double actual, String what) {
    assertEquals(expected, actual, 1e-10 * Math.max(1, Math.abs(expected)), what);
  }

  @Test
  void momentsAndEntropies() {
    for (double[] p : NORMALS) {
      Normal d = new Normal(p[0], p[1]);
      close(1, integrateLine(weighted(d::logDensity, x -> 1)), "mass of " + d);
      close(integrateLine(weighted(d::logDensity, x -> x)), d.mean(), "mean of " + d);
      double m = d.mean();
      close(
          integrateLine(weighted(d::logDensity, x -> (x - m) * (x - m))),
          d.variance(),
          "variance of " + d);
      close(
          integrateLine(weighted(d::logDensity, x -> -d.logDensity(x))),
          d.entropy(),
          "entropy of " + d);
    }
    for (double[] p : LOG_NORMALS) {
      LogNormal d = new LogNormal(p[0], p[1]);
      checkPositive(d::logDensity, d.mean(), d.variance(), d.entropy(), d.toString());
    }
    for (double[] p : GAMMAS) {
      Gamma d = new Gamma(p[0], p[1]);
      checkPositive(d::logDensity, d.mean(), d.variance(), d.entropy(), d.toString());
    }
  }

  private static void checkPositive(
      DoubleUnaryOperator logDensity, double mean, double variance, double entropy, String name) {
    close(1, integratePositive(weighted(logDensity, x -> 1)), "mass of " + name);
    close(integratePositive(weighted(logDensity, x -> x)), mean, "mean of " + name);
    close(
        integratePositive(weighted(logDensity, x -> (x - mean) * (x - mean))),
        variance,
        "variance of " + name);
    close(
        integratePositive(weighted(logDensity, x -> -logDensity.applyAsDouble(x))),
        entropy,
        "entropy of " + name);
  }

  @Test
  void divergences() {
    for (double[] a : NORMALS) {
      for (double[] b : NORMALS) {
        Normal q = new Normal(a[0], a[1]);
        Normal p = new Normal(b[0], b[1]);
        double expected =
            integrateLine(weighted(q::logDensity, x -> q.logDensity(x) - p.logDensity(x)));
        close(expected, KullbackLeibler.divergence(q, p), q + " to " + p);
      }
    }
    for (double[] a : GAMMAS) {
      for (double[] b : GAMMAS) {
        Gamma q = new Gamma(a[0], a[1]);
        Gamma p = new Gamma(b[0], b[1]);
        double expected =
            integratePositive(weighted(q::logDensity, x -> q.logDensity(x) - p.logDensity(x)));
        close(expected, KullbackLeibler.divergence(q, p), q + " to " + p);
      }
    }
    for (double[] a : LOG_NORMALS) {
      LogNormal q = new LogNormal(a[0], a[1]);
      for (double[] b : LOG_NORMALS) {
        LogNormal p = new LogNormal(b[0], b[1]);
        double expected =
            integratePositive(weighted(q::logDensity, x -> q.logDensity(x) - p.logDensity(x)));
        close(expected, KullbackLeibler.divergence(q, p), q + " to " + p);
      }
      for (double[] b : GAMMAS) {
        Gamma p = new Gamma(b[0], b[1]);
        double expected =
            integratePositive(weighted(q::logDensity, x -> q.logDensity(x) - p.logDensity(x)));
        close(expected, KullbackLeibler.divergence(q, p), q + " to " + p);
      }
    }
  }

  @Test
  void aDivergenceFromItselfIsExactlyZero() {
    for (double[] a : NORMALS) {
      assertEquals(0, KullbackLeibler.divergence(new Normal(a[0], a[1]), new Normal(a[0], a[1])));
    }
    for (double[] a : LOG_NORMALS) {
      LogNormal q = new LogNormal(a[0], a[1]);
      assertEquals(0, KullbackLeibler.divergence(q, new LogNormal(a[0], a[1])));
    }
    for (double[] a : GAMMAS) {
      assertEquals(0, KullbackLeibler.divergence(new Gamma(a[0], a[1]), new Gamma(a[0], a[1])));
    }
  }

  /** ½(r² − 1 − ln r²) is δ² + O(δ³) for r = 1 + δ, where the plain form has no digits left. */
  @Test
  void nearbyScalesKeepTheirDigits() {
    double delta = 0x1p-30;
    double actual = KullbackLeibler.divergence(new Normal(0, 1 + delta), new Normal(0, 1));
    assertEquals(delta * delta, actual, 1e-8 * delta * delta);
  }

  @Test
  void edgesOfTheSupport() {
    assertEquals(Double.NEGATIVE_INFINITY, new Gamma(2, 2).logDensity(-1));
    assertEquals(Double.NEGATIVE_INFINITY, new Gamma(2, 2).logDensity(0));
    assertEquals(Math.log(3), new Gamma(1, 3).logDensity(0), 1e-15);
    assertEquals(Double.POSITIVE_INFINITY, new Gamma(0.5, 3).logDensity(0));
    assertEquals(Double.NEGATIVE_INFINITY, new LogNormal(0, 1).logDensity(0));
    assertEquals(Double.NEGATIVE_INFINITY, new LogNormal(0, 1).logDensity(-1));
  }

  @Test
  void refusesBadParameters() {
    for (double bad : new double[] {0, -1, Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> new Normal(0, bad));
      assertThrows(IllegalArgumentException.class, () -> new LogNormal(0, bad));
      assertThrows(IllegalArgumentException.class, () -> new Gamma(1, bad));
      assertThrows(IllegalArgumentException.class, () -> new Gamma(bad, 1));
    }
    assertThrows(IllegalArgumentException.class, () -> new Normal(Double.NaN, 1));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> new LogNormal(Double.NEGATIVE_INFINITY, 1));
    assertTrue(e.getMessage().contains("location = -Infinity"), e.getMessage());
  }

  /** Tolerance 1e-13 relative to the probability, in the lower tail too. */
  @Test
  void quantilesInvertTheCumulativeDistribution() {
    for (double p : new double[] {1e-200, 1e-12, 0.001, 0.3, 0.5, 0.9, 0.99999}) {
      Normal normal = new Normal(-1.5, 0.3);
      assertEquals(p, normal.cumulative(normal.quantile(p)), 1e-12 * p);
      LogNormal logNormal = new LogNormal(-1.5, 0.3);
      assertEquals(p, logNormal.cumulative(logNormal.quantile(p)), 1e-12 * p);
      assertEquals(Math.exp(normal.quantile(p)), logNormal.quantile(p), 1e-15);
    }
    assertEquals(0, new LogNormal(0, 1).cumulative(0));
    assertEquals(1, new LogNormal(0, 1).cumulative(Double.POSITIVE_INFINITY));
  }

  /** The trapezoidal rule up to a bound, with Richardson's correction. */
  @Test
  void cumulativeIsTheIntegralOfTheDensity() {
    Normal normal = new Normal(0.4, 1.3);
    double coarse = integrateUpTo(normal, 1.1, 20_000);
    double fine = integrateUpTo(normal, 1.1, 40_000);
    assertEquals(fine + (fine - coarse) / 3, normal.cumulative(1.1), 1e-12);
  }

  private static double integrateUpTo(Normal normal, double end, int intervals) {
    double step = (end + 20) / intervals;
    double sum = 0.5 * Math.exp(normal.logDensity(end));
    for (int i = 1; i < intervals; i++) {
      sum += Math.exp(normal.logDensity(end - i * step));
    }
    return sum * step;
  }

  @Test
  void expectedLogarithmOfGamma() {
    for (double[] p : GAMMAS) {
      Gamma d = new Gamma(p[0], p[1]);
      close(
          integratePositive(weighted(d::logDensity, Math::log)),
          d.meanLogarithm(),
          "mean logarithm of " + d);
    }
  }

  /** Mean and variance of 40,000 draws within five standard errors. */
  @ParameterizedTest
  @ValueSource(doubles = {0.5, 1, 2, 7.5})
  void gammaDrawsHaveTheMomentsOfTheDistribution(double shape) {
    Gamma gamma = new Gamma(shape, 3);
    Random random = new Random(12);
    int draws = 40_000;
    double sum = 0;
    double squares = 0;
    for (int i = 0; i < draws; i++) {
      double x = gamma.draw(() -> (random.nextInt(1 << 30) + 0.5) / (1 << 30));
      sum += x;
      squares += (x - gamma.mean()) * (x - gamma.mean());
    }
    double error = Math.sqrt(gamma.variance() / draws);
    assertEquals(gamma.mean(), sum / draws, 5 * error);
    // The kurtosis of a gamma distribution is 3 + 6/shape.
    double spread = gamma.variance() * Math.sqrt((2 + 6 / shape) / draws);
    assertEquals(gamma.variance(), squares / draws, 5 * spread);
  }
}
