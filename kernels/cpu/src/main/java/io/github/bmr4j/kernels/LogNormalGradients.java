package io.github.bmr4j.kernels;

/**
 * {@link VariationalKernels#logNormalGradients} in double, for both back ends on the CPU: models
 * have few such factors, scales of layers or rows.
 */
final class LogNormalGradients {

  private LogNormalGradients() {}

  static void compute(
      Slice mean,
      Slice rho,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      Slice byMean,
      Slice byRho) {
    VariationalArguments.logNormal(mean, rho, drawn, gradient, byMean, byRho);
    boolean analytic = step.divergence == VariationalStep.Divergence.ANALYTIC;
    for (int i = 0; i < mean.length(); i++) {
      double m = mean.get(i);
      double s = ScalarMath.softplus(rho.get(i));
      double noise = (drawn.get(i) - m) / s;
      double likelihood = step.likelihoodWeight * gradient.get(i);
      // −∂/∂u ln p(u) at the draw, or its expectation under q.
      double x = Math.exp(analytic ? m + s * s / 2 : drawn.get(i));
      double pull = rate * x - shape;
      double spread = (analytic ? rate * x * s : pull * noise) - 1 / s;
      byMean.set(i, (float) (likelihood + step.klWeight * pull));
      byRho.set(i, (float) ((likelihood * noise + step.klWeight * spread) * logistic(rho.get(i))));
    }
  }

  /** 1 / (1 + e⁻ˣ) with full relative accuracy for negative x, too. */
  private static double logistic(double x) {
    double z = Math.exp(-Math.abs(x));
    return (x >= 0 ? 1 : z) / (1 + z);
  }
}
