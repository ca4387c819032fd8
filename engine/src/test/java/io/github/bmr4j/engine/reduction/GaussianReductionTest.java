package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.Normal;
import io.github.bmr4j.engine.reduction.GaussianReduction.Derivatives;
import java.util.SplittableRandom;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;

class GaussianReductionTest {

  private static final long SEED = 20241;

  /** A central difference with one Richardson step: O(h⁴). */
  private static double slope(DoubleUnaryOperator f, double x, double h) {
    double wide = (f.applyAsDouble(x + h) - f.applyAsDouble(x - h)) / (2 * h);
    double narrow = (f.applyAsDouble(x + h / 2) - f.applyAsDouble(x - h / 2)) / h;
    return (4 * narrow - wide) / 3;
  }

  /** Relative 1e-7 of the size of the derivative's terms. */
  @Test
  void derivativesAreThoseOfDeltaF() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int trial = 0; trial < 300; trial++) {
      double mu = random.nextDouble(-2, 2);
      double sigma2 = Math.exp(random.nextDouble(-2, 2));
      double pi = Math.exp(random.nextDouble(0.1, 5)) / sigma2;
      double gamma2 = sigma2 * Math.exp(random.nextDouble(-6, 1));
      Derivatives d = GaussianReduction.derivatives(mu, pi, gamma2, sigma2);
      double size = 1 + pi * mu * mu;
      String where = "trial " + trial + " of seed " + SEED;
      double step = 1e-3;
      assertEquals(
          slope(x -> GaussianReduction.deltaF(x, pi, gamma2, sigma2), mu, step),
          d.mean(),
          1e-7 * size * (1 + pi),
          where);
      assertEquals(
          slope(x -> GaussianReduction.deltaF(mu, x, gamma2, sigma2), pi, step * pi),
          d.precision(),
          1e-7 * size / pi,
          where);
      assertEquals(
          slope(x -> GaussianReduction.deltaF(mu, pi, x, sigma2), gamma2, step * gamma2),
          d.reducedVariance(),
          1e-7 * size / gamma2,
          where);
      assertEquals(
          slope(x -> GaussianReduction.deltaF(mu, pi, Math.exp(x), sigma2), Math.log(gamma2), step),
          d.logReducedVariance(),
          1e-7 * size,
          where);
    }
  }

  @Test
  void nothingChangesUnderTheSamePrior() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int trial = 0; trial < 200; trial++) {
      double mu = random.nextDouble(-100, 100);
      double pi = Math.exp(random.nextDouble(-10, 20));
      double variance = Math.exp(random.nextDouble(-10, 10));
      assertEquals(0, GaussianReduction.deltaF(mu, pi, variance, variance));
      assertEquals(
          mu, GaussianReduction.reducedMean(mu, pi, variance, variance), 1e-15 * Math.abs(mu));
    }
  }

  /** The spike is the limit, and nothing jumps on the way there. */
  @Test
  void smallVariancesApproachTheSpike() {
    for (double mu : new double[] {0, 0.05, -1.5}) {
      double limit = GaussianReduction.spikeDeltaF(mu, 100, 1);
      for (double gamma2 = 1e-6; gamma2 > 1e-300; gamma2 *= 1e-3) {
        double slope = GaussianReduction.derivatives(mu, 100, 0, 1).reducedVariance();
        assertEquals(
            limit + slope * gamma2,
            GaussianReduction.deltaF(mu, 100, gamma2, 1),
            1e-14 * Math.abs(limit) + 1e5 * gamma2 * gamma2 * (1 + 100 * mu * mu),
            "mu " + mu + ", gamma2 " + gamma2);
      }
      assertEquals(limit, GaussianReduction.deltaF(mu, 100, 0, 1));
      assertEquals(0, GaussianReduction.reducedMean(mu, 100, 0, 1), 0.0);
      assertEquals(0, GaussianReduction.reducedStandardDeviation(100, 0, 1));
    }
  }

  /** ln E_q[p̃/p] by the trapezoidal rule, independent of every closed form. */
  @Test
  void deltaFIsTheExpectedPriorRatio() {
    double[][] cases = {{0.8, 25, 0.01, 1}, {0.2, 0.8, 0.5, 1}, {2, 40, 9, 1}, {-0.3, 4, 0.1, 0.5}};
    for (double[] c : cases) {
      double mu = c[0];
      double pi = c[1];
      double sum = 0;
      double step = 1e-4;
      for (double theta = -15; theta <= 15; theta += step) {
        double logPosterior =
            0.5 * Math.log(pi / (2 * Math.PI)) - 0.5 * pi * (theta - mu) * (theta - mu);
        double logRatio = 0.5 * Math.log(c[3] / c[2]) - 0.5 * theta * theta * (1 / c[2] - 1 / c[3]);
        sum += step * Math.exp(logPosterior + logRatio);
      }
      assertEquals(Math.log(sum), GaussianReduction.deltaF(mu, pi, c[2], c[3]), 1e-10);
    }
  }

  @Test
  void noOtherVarianceBeatsTheOptimum() {
    SplittableRandom random = new SplittableRandom(SEED);
    int interior = 0;
    int removed = 0;
    for (int trial = 0; trial < 300; trial++) {
      double mu = random.nextDouble(-1, 1);
      double pi = Math.exp(random.nextDouble(0.1, 4));
      double best = GaussianReduction.optimalReducedVariance(mu, pi, 1).getAsDouble();
      double deltaF = GaussianReduction.deltaF(mu, pi, best, 1);
      double slope = GaussianReduction.derivatives(mu, pi, best, 1).reducedVariance();
      if (best > 0) {
        interior++;
        assertEquals(0, slope, 1e-9 * pi * pi * (1 + pi * mu * mu));
      } else {
        removed++;
        assertTrue(slope <= 0, "slope " + slope);
      }
      for (double other = 1e-8; other < 100; other *= 3) {
        assertTrue(deltaF >= GaussianReduction.deltaF(mu, pi, other, 1) - 1e-12);
      }
    }
    assertTrue(interior > 50 && removed > 50, interior + " interior, " + removed + " removed");
    assertTrue(GaussianReduction.optimalReducedVariance(1, 1, 1).isEmpty());
    assertTrue(GaussianReduction.optimalReducedVariance(1, 0.5, 1).isEmpty());
  }

  @Test
  void extremeProductsDoNotOverflow() {
    double expected = 0.5 * (Math.log(1e200) + Math.log(1e200));
    assertEquals(expected, GaussianReduction.spikeDeltaF(0, 1e200, 1e200), 1e-12 * expected);
    assertEquals(-expected, GaussianReduction.spikeDeltaF(0, 1e-200, 1e-200), 1e-12 * expected);
  }

  @Test
  void arraysNameTheWeight() {
    double[] mean = {0, 0.3, 1};
    double[] precision = {2, 0.5, 3};
    double[] variance = {1, 4, 1};
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> GaussianReduction.deltaF(mean, precision, variance, 1));
    assertTrue(e.getMessage().startsWith("Weight 1: "), e.getMessage());
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.groupDeltaF(mean, precision, variance, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.reducedMean(mean, precision, variance, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.reducedStandardDeviation(precision, variance, 1));
    assertThrows(
        IllegalArgumentException.class,
        () -> GaussianReduction.deltaF(mean, precision, new double[2], 1));
  }

  @Test
  void refusesWhatIsOutsideTheDomain() {
    double nan = Double.NaN;
    double infinite = Double.POSITIVE_INFINITY;
    double[][] bad = {
      {nan, 1, 1, 1}, {infinite, 1, 1, 1}, {0, nan, 1, 1}, {0, 0, 1, 1}, {0, infinite, 1, 1},
      {0, 1, -1, 1}, {0, 1, nan, 1}, {0, 1, infinite, 1}, {0, 1, 1, 0}, {0, 1, 1, nan}
    };
    for (double[] c : bad) {
      assertThrows(
          IllegalArgumentException.class, () -> GaussianReduction.deltaF(c[0], c[1], c[2], c[3]));
    }
  }

  /** ΔF = ln E_q[p̃/p] by the trapezoid rule, with means that are not zero; tolerance 1e-10. */
  @Test
  void generalMeansAgreeWithQuadrature() {
    double[][] cases = {
      {0.8, 0.2, 0, 1, 0, 0.1},
      {0.8, 0.2, 0.5, 1, -0.3, 0.4},
      {-1, 0.5, 2, 3, -1.5, 0.05},
      {0.1, 1.1, 0, 1, 0.2, 0.7},
      {4, 0.3, 1, 2, 1, 3}
    };
    for (double[] c : cases) {
      Normal posterior = new Normal(c[0], c[1]);
      Normal prior = new Normal(c[2], c[3]);
      Normal reducedPrior = new Normal(c[4], c[5]);
      Normal reduced = GaussianReduction.reducedPosterior(posterior, prior, reducedPrior);
      double evidence = 0;
      double first = 0;
      double second = 0;
      int half = 2_000;
      double step = 14 * reduced.scale() / half;
      for (int i = -half; i <= half; i++) {
        double x = reduced.location() + i * step;
        double ratio = reducedPrior.logDensity(x) - prior.logDensity(x);
        double weight = step * Math.exp(posterior.logDensity(x) + ratio);
        evidence += weight;
        first += weight * x;
        second += weight * (x - reduced.location()) * (x - reduced.location());
      }
      double deltaF = GaussianReduction.deltaF(posterior, prior, reducedPrior);
      assertEquals(Math.log(evidence), deltaF, 1e-10 * (1 + Math.abs(deltaF)));
      assertEquals(first / evidence, reduced.location(), 1e-10);
      assertEquals(second / evidence, reduced.variance(), 1e-10 * reduced.variance());
    }
  }

  @Test
  void generalMeansIncludeZero() {
    Normal posterior = new Normal(0.8, 0.2);
    double expected = GaussianReduction.deltaF(0.8, 1 / posterior.variance(), 0.1 * 0.1, 1);
    Normal prior = new Normal(0, 1);
    assertEquals(expected, GaussianReduction.deltaF(posterior, prior, new Normal(0, 0.1)));
    assertEquals(0, 0 + GaussianReduction.deltaF(posterior, prior, prior));
  }

  /**
   * Beside the identity ΔF ≈ (r − 1) σ² ∂ΔF/∂γ². The published form, whose terms are of size πμ² =
   * 1e6, has an error of 1e-10 there, more than the result; two separate logarithms have 1e-15.
   */
  @Test
  void keepsItsDigitsBesideTheIdentity() {
    double relative = 0x1p-40;
    for (double mean : new double[] {100, 0.01, 0}) {
      double slope = GaussianReduction.derivatives(mean, 100, 1, 1).reducedVariance();
      double expected = slope * relative;
      assertEquals(
          expected,
          GaussianReduction.deltaF(mean, 100, 1 + relative, 1),
          1e-10 * Math.abs(expected));
    }
  }
}
