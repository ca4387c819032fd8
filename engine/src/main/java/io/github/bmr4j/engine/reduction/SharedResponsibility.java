package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.ScaleMixture;

/**
 * E_q[P(γ = 1 | w₁ … w_d)] of d weights that share one indicator γ, w_i ~ N(μ_i, σ_i²): the
 * Rao–Blackwell estimate of a group.
 *
 * <p>Given the weights, logit P = a + X with X = Σ b wᵢ². A logistic variable L has P(L ≤ x) =
 * logistic(x), so the expectation is P(L − X ≤ a), which the characteristic functions of both give
 * (Gil-Pelaez 1951) as one integral whatever d is: ½ + ∫₀^∞ Im[e^(ita) φ_X(t)] / sinh(πt) dt,
 * φ_X(t) = Π (1 − 2itbσᵢ²)^(−½) exp(itbμᵢ²/(1 − 2itbσᵢ²)). It is done by the double-exponential
 * rule t = exp(x − e^(−x)), with half the step until two results agree.
 */
public final class SharedResponsibility {

  private static final double TOLERANCE = 1e-13;
  private static final int MOST_HALVINGS = 14;

  /** t runs from 1e-200 to 12, where sinh(πt) is 1e16. */
  private static final double FROM = -6.2;

  private static final double TO = 2.5;

  private SharedResponsibility() {}

  /**
   * The estimate; absolute error about 1e-12.
   *
   * @param means μ
   * @param deviations σ, as many, positive
   * @param p prior; its π is the group's
   * @throws ArithmeticException if the integral does not settle
   */
  public static double of(double[] means, double[] deviations, ScaleMixture p) {
    ReductionArguments.length("deviations", deviations.length, means.length);
    ReductionArguments.finite("means", means);
    ReductionArguments.positive("deviations", deviations);
    double a = p.logitAtZero() + (means.length - 1) * Math.log(p.spike() / p.slab());
    double[] shift = new double[means.length];
    double[] spread = new double[means.length];
    for (int i = 0; i < means.length; i++) {
      shift[i] = p.logitSlope() * means[i] * means[i];
      spread[i] = 2 * p.logitSlope() * deviations[i] * deviations[i];
    }
    double step = 0.25;
    double before = sum(FROM, step, step, a, shift, spread);
    double settled = Double.NaN;
    for (int halving = 0; halving < MOST_HALVINGS; halving++) {
      double now = 0.5 * before + sum(FROM + step / 2, step, step / 2, a, shift, spread);
      // Once may be chance: the points of a coarse rule can all lie where nothing is.
      if (Math.abs(now - before) < TOLERANCE && step < 0.05) {
        settled = now;
        break;
      }
      before = now;
      step /= 2;
    }
    if (Double.isNaN(settled)) {
      throw new ArithmeticException(
          "The shared responsibility of " + means.length + " weights did not settle under " + p);
    }
    return Math.clamp(0.5 + settled, 0, 1);
  }

  private static double sum(
      double from, double by, double weight, double a, double[] shift, double[] spread) {
    double sum = 0;
    for (double x = from; x <= TO; x += by) {
      double t = Math.exp(x - Math.exp(-x));
      double slope = t * (1 + Math.exp(-x));
      sum += slope * integrand(t, a, shift, spread);
    }
    return weight * sum;
  }

  private static double integrand(double t, double a, double[] shift, double[] spread) {
    double logModulus = 0;
    double phase = t * a;
    for (int i = 0; i < shift.length; i++) {
      double s = t * spread[i];
      double square = 1 + s * s;
      logModulus -= 0.25 * Math.log1p(s * s) + t * shift[i] * s / square;
      phase += 0.5 * Math.atan(s) + t * shift[i] / square;
    }
    return Math.exp(logModulus) * Math.sin(phase) / Math.sinh(Math.PI * t);
  }
}
