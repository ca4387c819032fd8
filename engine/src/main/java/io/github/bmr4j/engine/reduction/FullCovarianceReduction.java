package io.github.bmr4j.engine.reduction;

/**
 * Reduction of a Gaussian with full covariance: posterior q = N(μ, P⁻¹), prior N(0, Σ₀), reduced
 * prior N(0, G), both diagonal, Σ₀ = diag(σ²), G = diag(γ²), γ² = 0 allowed.
 *
 * <pre>
 *   ΔF = ½ [ln|P| + ln|Σ₀| − ln|K|] − ½ Σₖ μₖ (1 − rₖ) vₖ
 *   K = I + G½ (P − Σ₀⁻¹) G½,   rₖ = γₖ²/σₖ²
 *   μ̃ = G½ K⁻¹ G½ P μ,   v = G⁻¹ μ̃ = Pμ − (P − Σ₀⁻¹) μ̃,   covariance G½ K⁻¹ G½
 * </pre>
 *
 * This is Marković, Friston and Kiebel (arXiv 2309.12095), ΔF = ½[ln|P| + Σ ln σₖ² − ln|GP + I −
 * GΣ₀⁻¹|] − ½ μᵀPμ + ½ μᵀPμ̃, with the determinant made symmetric (Sylvester), so that neither G⁻¹
 * nor a general solver is needed and the spike is no special case, and with the two quadratic
 * forms, which cancel, joined into one sum.
 */
public final class FullCovarianceReduction {

  private final double deltaF;
  private final double logDeterminants;
  private final double quadratic;
  private final double[] mean;
  private final double[] gamma;
  private final double[][] factor;

  private FullCovarianceReduction(
      double logDeterminants, double quadratic, double[] mean, double[] gamma, double[][] factor) {
    this.deltaF = 0.5 * logDeterminants - 0.5 * quadratic;
    this.logDeterminants = logDeterminants;
    this.quadratic = quadratic;
    this.mean = mean;
    this.gamma = gamma;
    this.factor = factor;
  }

  /**
   * Reduces a posterior.
   *
   * @param mean μ, [n]
   * @param precision P, [n, n], symmetric positive definite
   * @param reducedVariance γ², [n], zero or positive
   * @param priorVariance σ², [n], positive
   * @return ΔF and the reduced posterior
   * @throws IllegalArgumentException if a shape or domain is wrong, or the reduced precision is not
   *     positive definite (the reduced evidence diverges; possible only where some γ² &gt; σ²)
   */
  public static FullCovarianceReduction of(
      double[] mean, double[][] precision, double[] reducedVariance, double[] priorVariance) {
    int n = mean.length;
    ReductionArguments.finite("mean", mean);
    ReductionArguments.length("reducedVariance", reducedVariance.length, n);
    ReductionArguments.notNegative("reducedVariance", reducedVariance);
    ReductionArguments.length("priorVariance", priorVariance.length, n);
    ReductionArguments.positive("priorVariance", priorVariance);
    Dense.checkSymmetric("precision", precision, n);

    double[] gamma = new double[n];
    double[][] reduced = new double[n][n];
    double[][] scaled = new double[n][n];
    for (int i = 0; i < n; i++) {
      gamma[i] = Math.sqrt(reducedVariance[i]);
      for (int k = 0; k <= i; k++) {
        reduced[i][k] = gamma[i] * precision[i][k] * gamma[k];
        scaled[i][k] = Math.sqrt(priorVariance[i]) * precision[i][k] * Math.sqrt(priorVariance[k]);
      }
      reduced[i][i] += gone(reducedVariance[i], priorVariance[i]);
    }
    double full = Dense.logDeterminant(Dense.cholesky("precision", scaled));
    double[][] factor = Dense.cholesky("The reduced precision", reduced);
    double logDeterminants = full - Dense.logDeterminant(factor);

    double[] natural = Dense.multiply(precision, mean);
    double[] scaledNatural = new double[n];
    for (int i = 0; i < n; i++) {
      scaledNatural[i] = gamma[i] * natural[i];
    }
    double[] solution = Dense.solve(factor, scaledNatural);
    double[] reducedMean = new double[n];
    for (int i = 0; i < n; i++) {
      reducedMean[i] = gamma[i] * solution[i];
    }
    double[] residual = Dense.multiply(precision, reducedMean);
    double quadratic = 0;
    for (int i = 0; i < n; i++) {
      // v = G⁻¹μ̃ in the form without a cancellation, unless γ = 0, where μ̃ᵢ = 0 and only P
      // couples.
      double v = gamma[i] > 0 ? solution[i] / gamma[i] : natural[i] - residual[i];
      quadratic += mean[i] * gone(reducedVariance[i], priorVariance[i]) * v;
    }
    return new FullCovarianceReduction(logDeterminants, quadratic, reducedMean, gamma, factor);
  }

  /**
   * The evidence of a model without some of its weights, from their joint posterior alone: the
   * other weights' do not matter (Savage and Dickey). It is what {@link #of} gives with γ² = 0 for
   * these and γ² = σ² for the others.
   *
   * @param mean μ of these weights, [n]
   * @param covariance Σ of these weights, [n, n], symmetric positive definite: a block of the whole
   *     covariance, not of the precision
   * @param priorVariance σ² of each, positive
   * @return ln q(0) − ln p(0) = ½ [n ln σ² − ln|Σ| − μᵀΣ⁻¹μ], in nats
   */
  public static double spikeDeltaF(double[] mean, double[][] covariance, double priorVariance) {
    int n = mean.length;
    ReductionArguments.finite("mean", mean);
    ReductionArguments.positive("priorVariance", priorVariance);
    Dense.checkSymmetric("covariance", covariance, n);
    double[][] relative = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int k = 0; k < n; k++) {
        relative[i][k] = covariance[i][k] / priorVariance;
      }
    }
    double[][] factor = Dense.cholesky("covariance", relative);
    double[] solution = Dense.solve(factor, mean);
    double quadratic = 0;
    for (int i = 0; i < n; i++) {
      quadratic += mean[i] * solution[i] / priorVariance;
    }
    return -0.5 * Dense.logDeterminant(factor) - 0.5 * quadratic;
  }

  /**
   * The logarithm of a determinant.
   *
   * @param matrix symmetric positive definite
   * @return ln|matrix|
   */
  public static double logDeterminant(double[][] matrix) {
    Dense.checkSymmetric("matrix", matrix, matrix.length);
    return Dense.logDeterminant(Dense.cholesky("matrix", matrix));
  }

  /** 1 − r, without the rounding of r. */
  private static double gone(double reducedVariance, double priorVariance) {
    return (priorVariance - reducedVariance) / priorVariance;
  }

  /**
   * The change of log evidence.
   *
   * @return ΔF = ln p̃(D) − ln p(D), in nats
   */
  public double deltaF() {
    return deltaF;
  }

  /**
   * The mean of the reduced posterior.
   *
   * @return μ̃, [n], a copy
   */
  public double[] reducedMean() {
    return mean.clone();
  }

  /**
   * The standard deviations of the reduced posterior.
   *
   * @return the roots of the diagonal of its covariance, [n]; zero where γ² = 0
   */
  public double[] reducedStandardDeviation() {
    double[][] covariance = reducedCovariance();
    double[] deviation = new double[covariance.length];
    for (int i = 0; i < deviation.length; i++) {
      deviation[i] = Math.sqrt(covariance[i][i]);
    }
    return deviation;
  }

  /**
   * The covariance of the reduced posterior.
   *
   * @return P̃⁻¹ = G½ K⁻¹ G½, [n, n]; its rows and columns are zero where γ² = 0
   */
  public double[][] reducedCovariance() {
    int n = gamma.length;
    double[][] covariance = new double[n][n];
    for (int k = 0; k < n; k++) {
      double[] unit = new double[n];
      unit[k] = gamma[k];
      double[] column = Dense.solve(factor, unit);
      for (int i = 0; i < n; i++) {
        covariance[i][k] = gamma[i] * column[i];
      }
    }
    return covariance;
  }

  /** ln|P| + ln|Σ₀| − ln|K|: the part of 2ΔF that does not depend on the mean. */
  double logDeterminants() {
    return logDeterminants;
  }

  /** μᵀPμ − μᵀPμ̃ = Σ μₖ (1 − rₖ) vₖ. */
  double quadratic() {
    return quadratic;
  }
}
