package io.github.bmr4j.engine.distribution;

import java.util.function.DoubleUnaryOperator;

/**
 * Expectations under N(μ, σ²) of functions that are as smooth as the responsibility r of a {@link
 * ScaleMixture}: the trapezoidal rule on μ ± 9σ.
 *
 * <p>For a function that is analytic in a strip about the real axis the rule's error falls
 * exponentially in the strip's width over the step. r has poles where its logit is ±iπ, at a
 * distance of |Im √((iπ − a)/b)| with a its logit at zero and b the slope. The step is an eighth of
 * twice that distance or of twice σ, whichever is less; the error is below 1e-11. Gauss–Hermite
 * rules do not know of the poles: with 32 nodes they are wrong by up to 0.08.
 */
final class MixtureExpectation {

  private static final double REACH = 9;

  /** Beyond this the rule would take longer than anyone waits. */
  private static final double MOST_POINTS = 1e7;

  private MixtureExpectation() {}

  static double of(Normal q, ScaleMixture p, DoubleUnaryOperator f) {
    double sigma = q.scale();
    double step = Math.min(2 * sigma, 2 * poleDistance(p)) / 8;
    double points = 2 * REACH * sigma / step;
    if (!(points < MOST_POINTS)) {
      throw new IllegalArgumentException(
          "The expectation of a mixture's responsibility under "
              + q
              + " would take "
              + points
              + " points for "
              + p
              + "; the posterior is far wider than the spike");
    }
    int half = (int) Math.ceil(REACH * sigma / step);
    double sum = 0;
    double total = 0;
    for (int i = -half; i <= half; i++) {
      double x = q.location() + i * step;
      double z = i * step / sigma;
      double weight = Math.exp(-0.5 * z * z);
      sum += weight * f.applyAsDouble(x);
      total += weight;
    }
    return sum / total;
  }

  /** |Im √((iπ − a)/b)|: for √(x + iy), |Im| = √((|x + iy| − x)/2). */
  private static double poleDistance(ScaleMixture p) {
    double x = -p.logitAtZero() / p.logitSlope();
    double y = Math.PI / p.logitSlope();
    double modulus = Math.hypot(x, y);
    // y²/(|·| + x) is |·| − x without cancellation.
    double gap = x > 0 ? y * y / (modulus + x) : modulus - x;
    return Math.sqrt(gap / 2);
  }
}
