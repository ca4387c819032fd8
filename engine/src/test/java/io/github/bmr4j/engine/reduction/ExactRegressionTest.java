package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.bmr4j.engine.distribution.SpecialFunctions;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Bayesian linear regression, where posteriors and evidences are exact: the reduction of the full
 * posterior has to give what a fit of the reduced model gives. The evidences here come from the n
 * by n covariance of the data, by Gaussian elimination: no formula in common with what is tested.
 */
class ExactRegressionTest {

  private static final long SEED = 77;
  private static final int DESIGNS = 25;

  /** The reduced priors: everything but a few coefficients left alone, or shrunk, or removed. */
  private static final double[] VARIANCES = {1, 0.3, 2.5, 1e-3, 1e-12, 0};

  private record Data(double[][] x, double[] y, double[] priorVariance) {

    static Data draw(SplittableRandom random, boolean unitPrior) {
      int n = random.nextInt(6, 15);
      int d = random.nextInt(2, 6);
      double[][] x = new double[n][d];
      double[] y = new double[n];
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < d; k++) {
          x[i][k] = random.nextDouble(-2, 2);
          y[i] += k % 2 == 0 ? x[i][k] : 0.05 * x[i][k];
        }
        y[i] += random.nextDouble(-0.5, 0.5);
      }
      double[] variance = new double[d];
      for (int k = 0; k < d; k++) {
        variance[k] = unitPrior ? 1 : random.nextDouble(0.5, 3);
      }
      return new Data(x, y, variance);
    }

    /** XᵀX · scale + diag(1/σ²). */
    double[][] precision(double scale) {
      int d = priorVariance.length;
      double[][] p = new double[d][d];
      for (int a = 0; a < d; a++) {
        for (int b = 0; b < d; b++) {
          for (double[] row : x) {
            p[a][b] += scale * row[a] * row[b];
          }
        }
        p[a][a] += 1 / priorVariance[a];
      }
      return p;
    }

    /** The posterior mean P⁻¹Xᵀy · scale. */
    double[] mean(double scale) {
      double[] b = new double[priorVariance.length];
      for (int a = 0; a < b.length; a++) {
        for (int i = 0; i < x.length; i++) {
          b[a] += scale * x[i][a] * y[i];
        }
      }
      return eliminate(precision(scale), b).solution();
    }

    /** noise·I + X diag(variance) Xᵀ. */
    double[][] covariance(double noise, double[] variance) {
      int n = x.length;
      double[][] c = new double[n][n];
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          for (int k = 0; k < variance.length; k++) {
            c[i][j] += x[i][k] * variance[k] * x[j][k];
          }
        }
        c[i][i] += noise;
      }
      return c;
    }
  }

  private record Solved(double[] solution, double logDeterminant) {}

  /** Gaussian elimination with partial pivoting; the determinant is known to be positive. */
  private static Solved eliminate(double[][] matrix, double[] b) {
    int n = b.length;
    double[][] a = new double[n][];
    double[] x = b.clone();
    for (int i = 0; i < n; i++) {
      a[i] = matrix[i].clone();
    }
    double logDeterminant = 0;
    for (int p = 0; p < n; p++) {
      int pivot = p;
      for (int i = p + 1; i < n; i++) {
        if (Math.abs(a[i][p]) > Math.abs(a[pivot][p])) {
          pivot = i;
        }
      }
      double[] row = a[p];
      a[p] = a[pivot];
      a[pivot] = row;
      double value = x[p];
      x[p] = x[pivot];
      x[pivot] = value;
      logDeterminant += Math.log(Math.abs(a[p][p]));
      for (int i = p + 1; i < n; i++) {
        double factor = a[i][p] / a[p][p];
        for (int k = p; k < n; k++) {
          a[i][k] -= factor * a[p][k];
        }
        x[i] -= factor * x[p];
      }
    }
    for (int i = n - 1; i >= 0; i--) {
      for (int k = i + 1; k < n; k++) {
        x[i] -= a[i][k] * x[k];
      }
      x[i] /= a[i][i];
    }
    return new Solved(x, logDeterminant);
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  /** ln N(y; 0, C), without the constant that all models share. */
  private static double logEvidence(Data data, double noise, double[] variance) {
    Solved solved = eliminate(data.covariance(noise, variance), data.y());
    return -0.5 * solved.logDeterminant() - 0.5 * dot(data.y(), solved.solution());
  }

  private static double[] reduced(SplittableRandom random, int d) {
    double[] variance = new double[d];
    for (int k = 0; k < d; k++) {
      variance[k] = VARIANCES[random.nextInt(VARIANCES.length)];
    }
    return variance;
  }

  @Test
  void knownNoise() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int design = 0; design < DESIGNS; design++) {
      Data data = Data.draw(random, false);
      double noise = random.nextDouble(0.05, 1);
      double full = logEvidence(data, noise, data.priorVariance());
      for (int prior = 0; prior < 8; prior++) {
        double[] variance = reduced(random, data.priorVariance().length);
        FullCovarianceReduction reduction =
            FullCovarianceReduction.of(
                data.mean(1 / noise), data.precision(1 / noise), variance, data.priorVariance());
        double expected = logEvidence(data, noise, variance) - full;
        String where = "design " + design + ", prior " + prior + " of seed " + SEED;
        assertEquals(expected, reduction.deltaF(), 1e-9 * Math.max(1, Math.abs(expected)), where);
        // The reduced posterior mean, from the dual form G Xᵀ C⁻¹ y, which needs no G⁻¹ either.
        double[] dual = eliminate(data.covariance(noise, variance), data.y()).solution();
        double[] mean = reduction.reducedMean();
        for (int k = 0; k < mean.length; k++) {
          double sum = 0;
          for (int i = 0; i < dual.length; i++) {
            sum += data.x()[i][k] * dual[i];
          }
          assertEquals(variance[k] * sum, mean[k], 1e-9, where);
        }
      }
    }
  }

  /** ln p(y) for w | τ ~ N(0, diag(variance)/τ), τ ~ Gamma(shape, rate), without constants. */
  private static double logEvidence(Data data, double shape, double rate, double[] variance) {
    Solved solved = eliminate(data.covariance(1, variance), data.y());
    double posteriorShape = shape + 0.5 * data.y().length;
    return shape * Math.log(rate)
        - SpecialFunctions.lnGamma(shape)
        + SpecialFunctions.lnGamma(posteriorShape)
        - posteriorShape * Math.log(rate + 0.5 * dot(data.y(), solved.solution()))
        - 0.5 * solved.logDeterminant();
  }

  /** The posterior (μ, P, a, b) under the unit prior, and its reduction. */
  private static NormalGammaReduction reduce(
      Data data, double shape, double rate, double[] variance) {
    return NormalGammaReduction.of(
        data.mean(1),
        data.precision(1),
        shape + 0.5 * data.y().length,
        posteriorRate(data, rate),
        variance);
  }

  private static double posteriorRate(Data data, double rate) {
    double[] mean = data.mean(1);
    double explained = dot(mean, Dense.multiply(data.precision(1), mean));
    return rate + 0.5 * (dot(data.y(), data.y()) - explained);
  }

  @Test
  void unknownNoise() {
    SplittableRandom random = new SplittableRandom(SEED + 1);
    for (int design = 0; design < DESIGNS; design++) {
      Data data = Data.draw(random, true);
      double shape = random.nextDouble(1, 4);
      double rate = random.nextDouble(0.5, 4);
      double full = logEvidence(data, shape, rate, data.priorVariance());
      for (int prior = 0; prior < 8; prior++) {
        double[] variance = reduced(random, data.priorVariance().length);
        double expected = logEvidence(data, shape, rate, variance) - full;
        NormalGammaReduction reduction = reduce(data, shape, rate, variance);
        assertEquals(
            expected,
            reduction.deltaF(),
            1e-9 * Math.max(1, Math.abs(expected)),
            "design " + design + ", prior " + prior + " of seed " + (SEED + 1));
        double[] dual = eliminate(data.covariance(1, variance), data.y()).solution();
        assertEquals(rate + 0.5 * dot(data.y(), dual), reduction.reducedRate(), 1e-9);
      }
    }
  }

  /**
   * The greedy search drops what the data were made without, and its ΔF is that of its selection.
   */
  @Test
  void greedySearch() {
    SplittableRandom random = new SplittableRandom(SEED + 2);
    int n = 60;
    int d = 6;
    double[][] x = new double[n][d];
    double[] y = new double[n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < d; k++) {
        x[i][k] = random.nextDouble(-2, 2);
      }
      y[i] = 1.5 * x[i][0] - x[i][3] + random.nextDouble(-0.4, 0.4);
    }
    Data data = new Data(x, y, ReductionArguments.repeated(1, d));
    double shape = 2 + 0.5 * n;
    double rate = posteriorRate(data, 2);
    NormalGammaReduction.Selection selection =
        NormalGammaReduction.greedy(
            data.mean(1), data.precision(1), shape, rate, NormalGammaReduction.Greedy.PUBLISHED);
    assertArrayEquals(new boolean[] {true, false, false, true, false, false}, selection.active());
    assertEquals(2.5 / 7, selection.inclusion(), 1e-15);
    double[] variance = {1, 0, 0, 1, 0, 0};
    assertEquals(reduce(data, 2, 2, variance).deltaF(), selection.reduction().deltaF());
    assertTrue(selection.reduction().deltaF() > 0);
  }

  /**
   * The authors' loop word for word, without a shortcut for coefficients that are gone, over
   * posteriors in which some are needed, some not, and some almost.
   */
  @Test
  void greedySearchIsThePublishedLoop() {
    SplittableRandom random = new SplittableRandom(SEED + 3);
    int removed = 0;
    int kept = 0;
    for (int trial = 0; trial < 50; trial++) {
      int d = 5;
      double[] mean = random.doubles(d, -0.6, 0.6).toArray();
      double[][] precision = new double[d][d];
      for (int i = 0; i < d; i++) {
        precision[i][i] = 20;
        for (int k = 0; k < i; k++) {
          precision[i][k] = random.nextDouble(-4, 4);
          precision[k][i] = precision[i][k];
        }
      }
      for (int sweeps : new int[] {1, 2, 8}) {
        double[] variance = ReductionArguments.repeated(1, d);
        double best = 0;
        double p = 0.5;
        for (int sweep = 0; sweep < sweeps; sweep++) {
          double c = Math.log(p) - Math.log(1 - p);
          for (int i = 0; i < d; i++) {
            double[] candidate = variance.clone();
            candidate[i] = 0;
            double fitness = NormalGammaReduction.of(mean, precision, 12, 9, candidate).deltaF();
            if (best - fitness + c <= 0) {
              best = fitness;
              variance = candidate;
            }
          }
          p = (Arrays.stream(variance).sum() + 0.5) / (d + 1);
        }
        NormalGammaReduction.Selection selection =
            NormalGammaReduction.greedy(
                mean, precision, 12, 9, new NormalGammaReduction.Greedy(sweeps, 0.5));
        for (int i = 0; i < d; i++) {
          assertEquals(variance[i] == 1, selection.active()[i], "trial " + trial + ", " + i);
          removed += selection.active()[i] ? 0 : 1;
          kept += selection.active()[i] ? 1 : 0;
        }
        assertEquals(p, selection.inclusion(), 1e-15);
        assertEquals(best, selection.reduction().deltaF(), 1e-12);
      }
    }
    assertTrue(removed > 100 && kept > 100, removed + " removed, " + kept + " kept");
  }

  /** While all stay p is close to one, but below it: nothing becomes NaN. */
  @Test
  void greedySearchWhereAllCoefficientsStay() {
    double[][] precision = {{1000, 0}, {0, 1000}};
    NormalGammaReduction.Selection selection =
        NormalGammaReduction.greedy(
            new double[] {1, 1}, precision, 20, 2, NormalGammaReduction.Greedy.PUBLISHED);
    assertArrayEquals(new boolean[] {true, true}, selection.active());
    assertEquals(2.5 / 3, selection.inclusion(), 1e-15);
    assertEquals(0, selection.reduction().deltaF());
  }
}
