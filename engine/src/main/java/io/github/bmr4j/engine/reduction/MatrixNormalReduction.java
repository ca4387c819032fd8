package io.github.bmr4j.engine.reduction;

/**
 * Reduction of a matrix-normal posterior over the weights of a layer, q = MN(M, U, V) with row
 * covariance U = diag(a²) and column covariance V = BᵀB; prior N(0, σ²) on every entry, reduced
 * prior N(0, γᵢ²) on row i.
 *
 * <p>Both priors are isotropic within a row, so a rotation of the columns leaves them as they are.
 * In the eigenvectors of V = Q diag(λ) Qᵀ the posterior has independent entries with mean (MQ)ᵢₖ
 * and variance aᵢ²λₖ, and the reduction is a scalar one for each, {@link GaussianReduction}. This
 * equals the determinant and trace form of Marković, Friston and Kiebel (arXiv 2309.12095) with Dᵢₖ
 * = 1/(γᵢ² + λₖaᵢ²(1 − γᵢ²/σ²)).
 */
public final class MatrixNormalReduction {

  private final double[] deltaF;
  private final double[][] mean;
  private final double[][] deviation;

  private MatrixNormalReduction(double[] deltaF, double[][] mean, double[][] deviation) {
    this.deltaF = deltaF;
    this.mean = mean;
    this.deviation = deviation;
  }

  /**
   * Reduces a posterior.
   *
   * @param mean M, [rows, columns]
   * @param rowScale a, [rows], positive: standard deviations
   * @param columnFactor B, [columns, columns], invertible: V = BᵀB
   * @param reducedVariance γ², [rows], zero or positive
   * @param priorVariance σ², positive
   * @return ΔF and the reduced posterior
   * @throws IllegalArgumentException if a shape or domain is wrong, B is singular, or the reduced
   *     evidence of a row diverges
   */
  public static MatrixNormalReduction of(
      double[][] mean,
      double[] rowScale,
      double[][] columnFactor,
      double[] reducedVariance,
      double priorVariance) {
    int rows = mean.length;
    int columns = columnFactor.length;
    Dense.checkShape("mean", mean, rows, columns);
    Dense.checkShape("columnFactor", columnFactor, columns, columns);
    ReductionArguments.length("rowScale", rowScale.length, rows);
    ReductionArguments.positive("rowScale", rowScale);
    ReductionArguments.length("reducedVariance", reducedVariance.length, rows);

    Dense.Eigen eigen = Dense.eigen(gram(columnFactor));
    double[][] q = eigen.vectors();
    double[] deltaF = new double[rows];
    double[][] reducedMean = new double[rows][columns];
    double[][] deviation = new double[rows][columns];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < columns; k++) {
        double lambda = eigen.values()[k];
        if (!(lambda > 0)) {
          throw new IllegalArgumentException(
              "columnFactor must be invertible, but BᵀB has the eigenvalue " + lambda);
        }
        double rotated = 0;
        for (int j = 0; j < columns; j++) {
          rotated += mean[i][j] * q[j][k];
        }
        double precision = 1 / (rowScale[i] * rowScale[i] * lambda);
        double gamma2 = reducedVariance[i];
        deltaF[i] += GaussianReduction.deltaF(rotated, precision, gamma2, priorVariance);
        double factor = GaussianReduction.precisionFactor(precision, gamma2, priorVariance);
        for (int j = 0; j < columns; j++) {
          reducedMean[i][j] += gamma2 * precision / factor * rotated * q[j][k];
          deviation[i][j] += gamma2 / factor * q[j][k] * q[j][k];
        }
      }
      for (int j = 0; j < columns; j++) {
        deviation[i][j] = Math.sqrt(deviation[i][j]);
      }
    }
    return new MatrixNormalReduction(deltaF, reducedMean, deviation);
  }

  private static double[][] gram(double[][] b) {
    int n = b.length;
    double[][] product = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        for (int j = 0; j < n; j++) {
          product[i][k] += b[j][i] * b[j][k];
        }
      }
    }
    return product;
  }

  /**
   * The change of log evidence.
   *
   * @return ΔF = ln p̃(D) − ln p(D), in nats
   */
  public double deltaF() {
    double sum = 0;
    for (double row : deltaF) {
      sum += row;
    }
    return sum;
  }

  /**
   * The part of each row: ΔF of reducing that row alone.
   *
   * @return ΔF, [rows], in nats, a copy
   */
  public double[] rowDeltaF() {
    return deltaF.clone();
  }

  /**
   * The mean of the reduced posterior.
   *
   * @return M̃, [rows, columns], a copy
   */
  public double[][] reducedMean() {
    return copy(mean);
  }

  /**
   * The standard deviations of the reduced posterior.
   *
   * @return those of the entries, [rows, columns], a copy
   */
  public double[][] reducedStandardDeviation() {
    return copy(deviation);
  }

  private static double[][] copy(double[][] matrix) {
    double[][] rows = new double[matrix.length][];
    for (int i = 0; i < rows.length; i++) {
      rows[i] = matrix[i].clone();
    }
    return rows;
  }
}
