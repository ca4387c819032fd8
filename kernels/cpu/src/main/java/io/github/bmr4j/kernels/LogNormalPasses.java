package io.github.bmr4j.kernels;

/**
 * The passes over log-normal factors in double, for both back ends on the CPU: models have few such
 * factors, scales of layers or rows.
 */
final class LogNormalPasses {

  private LogNormalPasses() {}

  /** {@link VariationalKernels#logNormalGradients}. */
  static void gradients(
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

  /** {@link VariationalKernels#logNormalPointGradient}. */
  static void point(
      Slice mean, Slice gradient, double shape, double rate, VariationalStep step, Slice byMean) {
    VariationalArguments.logNormalPoint(mean, gradient, byMean);
    for (int i = 0; i < mean.length(); i++) {
      double pull = rate * Math.exp(mean.get(i)) - (shape - 1);
      double likelihood = step.likelihoodWeight * (double) gradient.get(i);
      byMean.set(i, (float) (likelihood + step.klWeight * pull));
    }
  }

  /** {@link VariationalKernels#updateLogNormal}. */
  static void update(
      NormalFactors q,
      Slice drawn,
      Slice gradient,
      double shape,
      double rate,
      VariationalStep step,
      UpdateRule rule) {
    VariationalArguments.updateLogNormal(q, drawn, gradient, step, rule);
    boolean analytic = step.divergence == VariationalStep.Divergence.ANALYTIC;
    for (int i = 0; i < q.length(); i++) {
      double m = q.mean().get(i);
      double s = ScalarMath.softplus(q.rho().get(i));
      double noise = (drawn.get(i) - m) / s;
      double likelihood = step.likelihoodWeight * gradient.get(i);
      double pull = rate * Math.exp(analytic ? m + s * s / 2 : drawn.get(i));
      double g = likelihood + step.klWeight * (pull - shape);
      double estimate = likelihood * noise / s + step.klWeight * pull;
      double h = rule.nextCurvature(q.rhoMoment1().get(i), estimate, 0);
      double first = rule.beta1 * (double) q.meanMoment1().get(i) + (1.0 - rule.beta1) * g;
      q.meanMoment1().set(i, (float) first);
      q.rhoMoment1().set(i, (float) h);
      q.mean().set(i, (float) (m - rule.learningRate() * first * rule.correction1() / h));
      q.rho().set(i, (float) ScalarMath.inverseSoftplus(Math.sqrt(step.klWeight / h)));
    }
  }

  /** 1 / (1 + e⁻ˣ) with full relative accuracy for negative x, too. */
  private static double logistic(double x) {
    double z = Math.exp(-Math.abs(x));
    return (x >= 0 ? 1 : z) / (1 + z);
  }
}
