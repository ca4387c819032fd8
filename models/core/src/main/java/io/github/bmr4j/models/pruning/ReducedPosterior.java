package io.github.bmr4j.models.pruning;

import io.github.bmr4j.engine.inference.MeanFieldNormal;
import io.github.bmr4j.engine.reduction.GaussianReduction;
import io.github.bmr4j.kernels.Backend;
import io.github.bmr4j.kernels.Slice;

/**
 * The posterior that model reduction itself gives. The network sees w = s γ b with b ~ N(0, v).
 * When γ becomes r γ, the prior of w shrinks to r² v; in units of the new γ the reduced posterior
 * of b has the mean μ̃/r and the standard deviation σ̃/r, where μ̃ and σ̃ belong to the reduced
 * prior N(0, r² v). A weight that leaves gets its prior.
 */
final class ReducedPosterior {

  private ReducedPosterior() {}

  /**
   * @param backend holds the parameters
   * @param weights whose posterior is replaced
   * @param decided what left, and γ now
   * @param before which weights were in the model
   * @param factors γ before
   */
  static void take(
      Backend backend,
      MeanFieldNormal weights,
      LayerEvidence decided,
      boolean[] before,
      float[] factors) {
    Slice mean = weights.factors().mean();
    Slice rho = weights.factors().rho();
    backend.memory().pull(rho);
    double prior = weights.priorVariance();
    for (int i = 0; i < before.length; i++) {
      if (before[i] && !decided.active()[i]) {
        mean.set(i, 0);
        rho.set(i, rho(weights, Math.sqrt(prior)));
      } else if (before[i] && decided.factors()[i] != factors[i]) {
        double r = decided.factors()[i] / (double) factors[i];
        double deviation = decided.deviation().get(i);
        // A posterior wider than the prior says nothing; as wide as it, M is positive.
        double precision = Math.max(1 / (deviation * deviation), 1 / prior);
        double reducedMean =
            GaussianReduction.reducedMean(mean.get(i), precision, r * r * prior, prior);
        double reducedDeviation =
            GaussianReduction.reducedStandardDeviation(precision, r * r * prior, prior);
        mean.set(i, (float) (reducedMean / r));
        rho.set(i, rho(weights, reducedDeviation / r));
      }
    }
    backend.memory().push(mean);
    backend.memory().push(rho);
  }

  private static float rho(MeanFieldNormal weights, double deviation) {
    boolean variance = weights.parameterization() == MeanFieldNormal.Parameterization.VARIANCE;
    double x = variance ? deviation * deviation : deviation;
    return (float) (x + Math.log(-Math.expm1(-x)));
  }
}
