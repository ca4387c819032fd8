package io.github.bmr4j.engine.reduction;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class MatrixReductionTest {

  private static final long SEED = 5;

  private static double[][] random(SplittableRandom random, int rows, int columns) {
    double[][] matrix = new double[rows][columns];
    for (double[] row : matrix) {
      for (int k = 0; k < columns; k++) {
        row[k] = random.nextDouble(-1, 1);
      }
    }
    return matrix;
  }

  /** AᵀA + ridge·I. */
  private static double[][] gram(double[][] a, double ridge) {
    int n = a[0].length;
    double[][] product = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        for (double[] row : a) {
          product[i][k] += row[i] * row[k];
        }
      }
      product[i][i] += ridge;
    }
    return product;
  }

  private static double[][] inverse(double[][] positive) {
    int n = positive.length;
    double[][] factor = Dense.cholesky("matrix", positive);
    double[][] inverse = new double[n][];
    for (int i = 0; i < n; i++) {
      double[] unit = new double[n];
      unit[i] = 1;
      inverse[i] = Dense.solve(factor, unit);
    }
    // The columns of the inverse, which is symmetric to rounding; made so exactly.
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < i; k++) {
        inverse[i][k] = inverse[k][i];
      }
    }
    return inverse;
  }

  /** vec(X) of MN(M, U, V) has covariance U ⊗ V; 1e-10 because V is inverted on the way. */
  @Test
  void matrixNormalIsFullCovarianceOfTheVector() {
    SplittableRandom random = new SplittableRandom(SEED);
    double[] variances = {1, 0.5, 1e-3, 1e-10, 0};
    for (int trial = 0; trial < 20; trial++) {
      int rows = random.nextInt(1, 4);
      int columns = random.nextInt(1, 5);
      double[][] mean = random(random, rows, columns);
      double[][] factor = random(random, columns, columns);
      double[] a = new double[rows];
      double[] gamma2 = new double[rows];
      for (int i = 0; i < rows; i++) {
        a[i] = random.nextDouble(0.05, 0.4);
        gamma2[i] = variances[random.nextInt(variances.length)];
      }
      for (int k = 0; k < columns; k++) {
        factor[k][k] += 2;
      }
      double sigma2 = random.nextDouble(0.8, 2);
      double[][] v = inverse(gram(factor, 0));
      int n = rows * columns;
      double[] vector = new double[n];
      double[] reduced = new double[n];
      double[][] precision = new double[n][n];
      for (int i = 0; i < n; i++) {
        vector[i] = mean[i / columns][i % columns];
        reduced[i] = gamma2[i / columns];
        for (int k = 0; k < n; k++) {
          if (i / columns == k / columns) {
            precision[i][k] = v[i % columns][k % columns] / (a[i / columns] * a[i / columns]);
          }
        }
      }
      FullCovarianceReduction full =
          FullCovarianceReduction.of(
              vector, precision, reduced, ReductionArguments.repeated(sigma2, n));
      MatrixNormalReduction matrix = MatrixNormalReduction.of(mean, a, factor, gamma2, sigma2);
      String where = "trial " + trial + " of seed " + SEED;
      double tolerance = 1e-10 * Math.max(1, Math.abs(full.deltaF()));
      assertEquals(full.deltaF(), matrix.deltaF(), tolerance, where);
      for (int i = 0; i < n; i++) {
        int row = i / columns;
        int column = i % columns;
        assertEquals(full.reducedMean()[i], matrix.reducedMean()[row][column], 1e-10, where);
        assertEquals(
            full.reducedStandardDeviation()[i],
            matrix.reducedStandardDeviation()[row][column],
            1e-10,
            where);
      }
    }
  }

  /** Some weights leave together: their block of the covariance says all. */
  @Test
  void whatLeavesNeedsItsOwnCovarianceOnly() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int trial = 0; trial < 20; trial++) {
      int n = random.nextInt(2, 7);
      int leaving = random.nextInt(1, n);
      double[] mean = random(random, 1, n)[0];
      double[][] precision = gram(random(random, n, n), 2);
      double[][] covariance = inverse(precision);
      double sigma2 = random.nextDouble(0.8, 2);
      double[] reduced = ReductionArguments.repeated(sigma2, n);
      double[] meanOfThese = new double[leaving];
      double[][] covarianceOfThese = new double[leaving][leaving];
      for (int i = 0; i < leaving; i++) {
        reduced[i] = 0;
        meanOfThese[i] = mean[i];
        System.arraycopy(covariance[i], 0, covarianceOfThese[i], 0, leaving);
      }
      double expected =
          FullCovarianceReduction.of(
                  mean, precision, reduced, ReductionArguments.repeated(sigma2, n))
              .deltaF();
      assertEquals(
          expected,
          FullCovarianceReduction.spikeDeltaF(meanOfThese, covarianceOfThese, sigma2),
          1e-10 * Math.max(1, Math.abs(expected)),
          "trial " + trial + " of seed " + SEED);
    }
  }

  /** With a diagonal precision nothing couples the weights. */
  @Test
  void diagonalPrecisionIsMeanField() {
    double[] mean = {0.8, -0.2, 1.2, 0.01};
    double[] pi = {25, 40, 9, 1e6};
    double[] gamma2 = {0.01, 0, 0.5, 1e-14};
    double[][] precision = new double[4][4];
    for (int i = 0; i < 4; i++) {
      precision[i][i] = pi[i];
    }
    FullCovarianceReduction full =
        FullCovarianceReduction.of(mean, precision, gamma2, ReductionArguments.repeated(0.7, 4));
    double expected = GaussianReduction.groupDeltaF(mean, pi, gamma2, 0.7);
    assertEquals(expected, full.deltaF(), 1e-13 * Math.abs(expected));
    double[] reducedMean = GaussianReduction.reducedMean(mean, pi, gamma2, 0.7);
    assertArrayEquals(reducedMean, full.reducedMean(), 1e-15);
    assertArrayEquals(
        GaussianReduction.reducedStandardDeviation(pi, gamma2, 0.7),
        full.reducedStandardDeviation(),
        1e-15);
  }

  /** Zero variance, with no inverse of it, is the limit of small ones. */
  @Test
  void theSpikeIsTheLimit() {
    SplittableRandom random = new SplittableRandom(SEED);
    double[][] precision = gram(random(random, 8, 4), 2);
    double[] mean = {0.5, -0.4, 0.1, 0.7};
    double[] prior = {1, 2, 0.5, 1};
    double[] spike = {1, 0, 0.2, 0};
    double[] small = {1, 1e-14, 0.2, 1e-14};
    FullCovarianceReduction limit = FullCovarianceReduction.of(mean, precision, spike, prior);
    FullCovarianceReduction near = FullCovarianceReduction.of(mean, precision, small, prior);
    assertEquals(limit.deltaF(), near.deltaF(), 1e-11);
    assertArrayEquals(limit.reducedMean(), near.reducedMean(), 1e-11);
    assertEquals(0, limit.reducedMean()[1], 0.0);
    assertEquals(0, limit.reducedStandardDeviation()[3], 0.0);
  }

  @Test
  void nothingChangesUnderTheSamePrior() {
    SplittableRandom random = new SplittableRandom(SEED);
    double[][] precision = gram(random(random, 8, 4), 2);
    double[] mean = {50, -40, 10, 70};
    double[] prior = {1, 2, 0.5, 1};
    FullCovarianceReduction same = FullCovarianceReduction.of(mean, precision, prior, prior);
    assertEquals(0, same.deltaF(), 0.0);
    assertArrayEquals(mean, same.reducedMean(), 1e-12);
  }

  @Test
  void eigenvectorsDiagonalise() {
    SplittableRandom random = new SplittableRandom(SEED);
    for (int n = 1; n <= 12; n++) {
      double[][] matrix = gram(random(random, n, n), 1e-6);
      Dense.Eigen eigen = Dense.eigen(matrix);
      for (int k = 0; k < n; k++) {
        double[] vector = new double[n];
        for (int i = 0; i < n; i++) {
          vector[i] = eigen.vectors()[i][k];
        }
        double[] image = Dense.multiply(matrix, vector);
        double norm = 0;
        for (int i = 0; i < n; i++) {
          assertEquals(eigen.values()[k] * vector[i], image[i], 1e-13 * n, "size " + n);
          norm += vector[i] * vector[i];
        }
        assertEquals(1, norm, 1e-14 * n);
      }
    }
  }

  @Test
  void errorsNameWhatIsWrong() {
    double[] two = {1, 1};
    double[][] indefinite = {{1, 2}, {2, 1}};
    double[][] lopsided = {{2, 1}, {0.5, 2}};
    double[][] wide = {{0.1, 0}, {0, 0.1}};
    double[] large = {4, 4};
    expect("positive definite", () -> FullCovarianceReduction.of(two, indefinite, two, two));
    expect("symmetric", () -> FullCovarianceReduction.of(two, lopsided, two, two));
    expect("reduced precision", () -> FullCovarianceReduction.of(two, wide, large, two));
    expect("reducedVariance", () -> FullCovarianceReduction.of(two, wide, new double[3], two));
    expect(
        "priorVariance[1]", () -> FullCovarianceReduction.of(two, wide, two, new double[] {1, 0}));
    expect("precision", () -> FullCovarianceReduction.of(two, new double[3][2], two, two));
    expect(
        "invertible",
        () ->
            MatrixNormalReduction.of(
                new double[][] {two}, new double[] {1}, new double[2][2], new double[] {1}, 1));
    expect("shape", () -> NormalGammaReduction.of(two, wide, 0, 1, two));
    expect("sweeps = 0", () -> new NormalGammaReduction.Greedy(0, 0.5));
    expect("inclusion = 1.0", () -> new NormalGammaReduction.Greedy(1, 1));
  }

  private static void expect(String text, Runnable action) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, action::run);
    assertTrue(e.getMessage().contains(text), e.getMessage());
  }
}
