package io.github.bmr4j.engine.reduction;

import io.github.bmr4j.engine.distribution.Normal;
import java.util.OptionalDouble;

/**
 * Reduction of one Gaussian weight: posterior q = N(μ, 1/π), prior p = N(0, σ²), reduced prior p̃ =
 * N(0, γ²). The weights of a mean-field posterior are independent, so ΔF of a group is a sum.
 *
 * <p>With r = γ²/σ² and M = γ²(π − 1/σ²) + 1 = rπσ² + (1 − r),
 *
 * <pre>
 *   ΔF = ½ ln(πσ²) − ½ ln M − ½ πμ² (1 − r)/M,     γ → 0:  ½ ln(πσ²) − ½ πμ² = ln q(0) − ln p(0)
 *   reduced posterior: mean γ²πμ/M, variance γ²/M
 * </pre>
 *
 * The usual form −½πμ² + ½πμ·γ²πμ/M cancels where πμ² is large; M − γ²π = 1 − r is why this one
 * does not (Marković, Friston and Kiebel, arXiv 2309.12095; the spike limit is the Savage–Dickey
 * ratio).
 *
 * <p>Arguments everywhere: mean μ, precision π &gt; 0, reduced variance γ² ≥ 0 (0 is the spike),
 * prior variance σ² &gt; 0, all finite. Where M ≤ 0 (possible only for π &lt; 1/σ² and γ² ≥ 1/(1/σ²
 * − π)) the reduced evidence diverges; every method then throws IllegalArgumentException, the array
 * forms with the index. A cap on γ² below that bound avoids it.
 */
public final class GaussianReduction {

  private GaussianReduction() {}

  /**
   * The partial derivatives of ΔF.
   *
   * @param mean ∂ΔF/∂μ = −πμ(1 − r)/M
   * @param precision ∂ΔF/∂π = ½ [1/π − γ²/M − μ²(1 − r)²/M²]
   * @param reducedVariance ∂ΔF/∂γ² = ½ [π²μ²/M − (π − 1/σ²)]/M
   * @param logReducedVariance ∂ΔF/∂ln γ² = γ² ∂ΔF/∂γ²
   */
  public record Derivatives(
      double mean, double precision, double reducedVariance, double logReducedVariance) {}

  /**
   * The factor M by which the precision grows: reduced precision = M/γ².
   *
   * @param precision π
   * @param reducedVariance γ²
   * @param priorVariance σ²
   * @return M = γ²(π − 1/σ²) + 1, positive
   * @throws IllegalArgumentException if an argument is outside its domain, or M ≤ 0
   */
  public static double precisionFactor(
      double precision, double reducedVariance, double priorVariance) {
    check(0, precision, reducedVariance, priorVariance);
    double factor = factor(precision, reducedVariance, priorVariance);
    if (!(factor > 0)) {
      throw new IllegalArgumentException(
          "The reduced model has no evidence: M = γ²(π − 1/σ²) + 1 = "
              + factor
              + " must be positive, with π = "
              + precision
              + ", γ² = "
              + reducedVariance
              + ", σ² = "
              + priorVariance
              + ". Choose γ² below 1/(1/σ² − π) = "
              + 1 / (1 / priorVariance - precision));
    }
    return factor;
  }

  /**
   * The change of log evidence.
   *
   * @param mean μ
   * @param precision π
   * @param reducedVariance γ²
   * @param priorVariance σ²
   * @return ΔF = ln p̃(D) − ln p(D), in nats; exactly zero where γ² = σ²
   * @throws IllegalArgumentException if an argument is outside its domain, or M ≤ 0
   */
  public static double deltaF(
      double mean, double precision, double reducedVariance, double priorVariance) {
    ReductionArguments.finite("mean", mean);
    double factor = precisionFactor(precision, reducedVariance, priorVariance);
    if (reducedVariance == priorVariance) {
      return 0;
    }
    double gone = (priorVariance - reducedVariance) / priorVariance;
    return 0.5 * logRatio(precision, reducedVariance, priorVariance, factor)
        - 0.5 * precision * mean * mean * gone / factor;
  }

  /**
   * The change of log evidence between priors with any means. With μ′ = μ − m₀ and m′ = m̃ − m₀ for
   * a prior N(m₀, σ²) and a reduced prior N(m̃, γ²),
   *
   * <pre>ΔF = ½ ln(πσ²) − ½ ln M − ½ [(1 − r) π (μ′ − m′)² + r π m′ (m′ − 2μ′) − m′²/σ²]/M</pre>
   *
   * @param posterior N(μ, 1/π)
   * @param prior N(m₀, σ²)
   * @param reducedPrior N(m̃, γ²)
   * @return ΔF = ln p̃(D) − ln p(D), in nats
   * @throws IllegalArgumentException if M ≤ 0
   */
  public static double deltaF(Normal posterior, Normal prior, Normal reducedPrior) {
    double precision = 1 / posterior.variance();
    double factor = precisionFactor(precision, reducedPrior.variance(), prior.variance());
    double mean = posterior.location() - prior.location();
    double shift = reducedPrior.location() - prior.location();
    double r = reducedPrior.variance() / prior.variance();
    double gone = (prior.variance() - reducedPrior.variance()) / prior.variance();
    double quadratic =
        gone * precision * (mean - shift) * (mean - shift)
            + r * precision * shift * (shift - 2 * mean)
            - shift * shift / prior.variance();
    return 0.5 * logRatio(precision, reducedPrior.variance(), prior.variance(), factor)
        - 0.5 * quadratic / factor;
  }

  /**
   * The reduced posterior between priors with any means.
   *
   * @param posterior N(μ, 1/π)
   * @param prior N(m₀, σ²)
   * @param reducedPrior N(m̃, γ²)
   * @return N(m₀ + (γ²π(μ − m₀) + m̃ − m₀)/M, γ²/M)
   * @throws IllegalArgumentException if M ≤ 0
   */
  public static Normal reducedPosterior(Normal posterior, Normal prior, Normal reducedPrior) {
    double precision = 1 / posterior.variance();
    double factor = precisionFactor(precision, reducedPrior.variance(), prior.variance());
    double signal =
        reducedPrior.variance() * precision * (posterior.location() - prior.location())
            + (reducedPrior.location() - prior.location());
    return new Normal(
        prior.location() + signal / factor, Math.sqrt(reducedPrior.variance() / factor));
  }

  /**
   * ΔF of removing the weight, the limit γ → 0.
   *
   * @param mean μ
   * @param precision π
   * @param priorVariance σ²
   * @return ½ ln(πσ²) − ½ πμ², in nats
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double spikeDeltaF(double mean, double precision, double priorVariance) {
    check(mean, precision, 0, priorVariance);
    return 0.5 * logProduct(precision, priorVariance) - 0.5 * precision * mean * mean;
  }

  /**
   * The signal-to-noise ratio |μ|√π below which the evidence is for removal.
   *
   * @param precision π
   * @param priorVariance σ²
   * @return √ln(πσ²); empty where πσ² &lt; 1: the data made this weight less certain than the
   *     prior, and no mean speaks for its removal
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static OptionalDouble spikeThreshold(double precision, double priorVariance) {
    check(0, precision, 0, priorVariance);
    double squared = logProduct(precision, priorVariance);
    return squared < 0 ? OptionalDouble.empty() : OptionalDouble.of(Math.sqrt(squared));
  }

  /**
   * The mean of the reduced posterior.
   *
   * @param mean μ
   * @param precision π
   * @param reducedVariance γ²
   * @param priorVariance σ²
   * @return μ̃ = γ²πμ/M
   * @throws IllegalArgumentException if an argument is outside its domain, or M ≤ 0
   */
  public static double reducedMean(
      double mean, double precision, double reducedVariance, double priorVariance) {
    ReductionArguments.finite("mean", mean);
    double factor = precisionFactor(precision, reducedVariance, priorVariance);
    return reducedVariance * precision / factor * mean;
  }

  /**
   * The standard deviation of the reduced posterior.
   *
   * @param precision π
   * @param reducedVariance γ²
   * @param priorVariance σ²
   * @return √(γ²/M)
   * @throws IllegalArgumentException if an argument is outside its domain, or M ≤ 0
   */
  public static double reducedStandardDeviation(
      double precision, double reducedVariance, double priorVariance) {
    return Math.sqrt(reducedVariance / precisionFactor(precision, reducedVariance, priorVariance));
  }

  /**
   * All partial derivatives of {@link #deltaF}.
   *
   * @param mean μ
   * @param precision π
   * @param reducedVariance γ²
   * @param priorVariance σ²
   * @return the derivatives; at γ² = 0 that by γ² is one-sided
   * @throws IllegalArgumentException if an argument is outside its domain, or M ≤ 0
   */
  public static Derivatives derivatives(
      double mean, double precision, double reducedVariance, double priorVariance) {
    ReductionArguments.finite("mean", mean);
    double factor = precisionFactor(precision, reducedVariance, priorVariance);
    double gone = (priorVariance - reducedVariance) / priorVariance;
    double scaledMean = mean * gone / factor;
    // 1/π − γ²/M = (M − γ²π)/(πM) = (1 − r)/(πM)
    double byPrecision = 0.5 * (gone / (precision * factor) - scaledMean * scaledMean);
    double byReducedVariance =
        0.5
            * (precision * mean * (precision * mean) / factor - excess(precision, priorVariance))
            / factor;
    return new Derivatives(
        -precision * scaledMean,
        byPrecision,
        byReducedVariance,
        reducedVariance * byReducedVariance);
  }

  /**
   * The reduced prior variance with the largest evidence (automatic relevance determination of one
   * weight).
   *
   * @param mean μ
   * @param precision π
   * @param priorVariance σ²
   * @return γ*² = max(0, (π²μ² − d)/d²), d = π − 1/σ²; zero says that the weight is best removed;
   *     empty for d ≤ 0, where ΔF has no finite maximum
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static OptionalDouble optimalReducedVariance(
      double mean, double precision, double priorVariance) {
    check(mean, precision, 0, priorVariance);
    double difference = excess(precision, priorVariance);
    if (!(difference > 0)) {
      return OptionalDouble.empty();
    }
    double ratio = precision / difference;
    double optimum = ratio * mean * (ratio * mean) - 1 / difference;
    return OptionalDouble.of(Math.max(0, optimum));
  }

  /**
   * ΔF of each weight.
   *
   * @param mean μ, [n]
   * @param precision π, [n]
   * @param reducedVariance γ², [n]
   * @param priorVariance σ², of all
   * @return ΔF, [n], in nats
   * @throws IllegalArgumentException if lengths differ, or as the scalar form, with the index
   */
  public static double[] deltaF(
      double[] mean, double[] precision, double[] reducedVariance, double priorVariance) {
    checkLengths(mean, precision, reducedVariance);
    double[] result = new double[mean.length];
    for (int i = 0; i < result.length; i++) {
      try {
        result[i] = deltaF(mean[i], precision[i], reducedVariance[i], priorVariance);
      } catch (IllegalArgumentException e) {
        throw atIndex(i, e);
      }
    }
    return result;
  }

  /**
   * ΔF of a group of weights that are reduced together.
   *
   * @param mean μ, [n]
   * @param precision π, [n]
   * @param reducedVariance γ², [n]
   * @param priorVariance σ², of all
   * @return the sum of ΔF, in nats; exact for a mean-field posterior
   * @throws IllegalArgumentException if lengths differ, or as the scalar form, with the index
   */
  public static double groupDeltaF(
      double[] mean, double[] precision, double[] reducedVariance, double priorVariance) {
    double sum = 0;
    for (double term : deltaF(mean, precision, reducedVariance, priorVariance)) {
      sum += term;
    }
    return sum;
  }

  /**
   * The means of the reduced posterior.
   *
   * @param mean μ, [n]
   * @param precision π, [n]
   * @param reducedVariance γ², [n]
   * @param priorVariance σ², of all
   * @return μ̃, [n]
   * @throws IllegalArgumentException if lengths differ, or as the scalar form, with the index
   */
  public static double[] reducedMean(
      double[] mean, double[] precision, double[] reducedVariance, double priorVariance) {
    checkLengths(mean, precision, reducedVariance);
    double[] result = new double[mean.length];
    for (int i = 0; i < result.length; i++) {
      try {
        result[i] = reducedMean(mean[i], precision[i], reducedVariance[i], priorVariance);
      } catch (IllegalArgumentException e) {
        throw atIndex(i, e);
      }
    }
    return result;
  }

  /**
   * The standard deviations of the reduced posterior.
   *
   * @param precision π, [n]
   * @param reducedVariance γ², [n]
   * @param priorVariance σ², of all
   * @return the standard deviations, [n]
   * @throws IllegalArgumentException if lengths differ, or as the scalar form, with the index
   */
  public static double[] reducedStandardDeviation(
      double[] precision, double[] reducedVariance, double priorVariance) {
    checkLengths(precision, precision, reducedVariance);
    double[] result = new double[precision.length];
    for (int i = 0; i < result.length; i++) {
      try {
        result[i] = reducedStandardDeviation(precision[i], reducedVariance[i], priorVariance);
      } catch (IllegalArgumentException e) {
        throw atIndex(i, e);
      }
    }
    return result;
  }

  /**
   * ln(πσ²/M). Where γ² is close to σ² the two logarithms would cancel; M = πσ²(1 − change) there
   * makes them one, which keeps its digits.
   */
  private static double logRatio(
      double precision, double reducedVariance, double priorVariance, double factor) {
    double gone = (priorVariance - reducedVariance) / priorVariance;
    double change = gone * excess(precision, priorVariance) / precision;
    if (Math.abs(change) < 0.5) {
      return -Math.log1p(-change);
    }
    double factorMinusOne = reducedVariance / priorVariance * (precision * priorVariance - 1);
    double logFactor =
        Math.abs(factorMinusOne) < 0.5 ? Math.log1p(factorMinusOne) : Math.log(factor);
    return logProduct(precision, priorVariance) - logFactor;
  }

  /** M as a sum of two terms that for γ² ≤ σ² are both positive, so that nothing cancels. */
  private static double factor(double precision, double reducedVariance, double priorVariance) {
    return reducedVariance * precision + (priorVariance - reducedVariance) / priorVariance;
  }

  /** π − 1/σ². */
  private static double excess(double precision, double priorVariance) {
    double product = precision * priorVariance;
    return Double.isInfinite(product)
        ? precision - 1 / priorVariance
        : Math.fma(precision, priorVariance, -1) / priorVariance;
  }

  private static double logProduct(double precision, double priorVariance) {
    double product = precision * priorVariance;
    return product > Double.MIN_NORMAL && product < Double.POSITIVE_INFINITY
        ? Math.log(product)
        : Math.log(precision) + Math.log(priorVariance);
  }

  private static void check(
      double mean, double precision, double reducedVariance, double priorVariance) {
    ReductionArguments.finite("mean", mean);
    ReductionArguments.positive("precision", precision);
    ReductionArguments.notNegative("reducedVariance", reducedVariance);
    ReductionArguments.positive("priorVariance", priorVariance);
  }

  private static void checkLengths(double[] mean, double[] precision, double[] reducedVariance) {
    ReductionArguments.length("precision", precision.length, mean.length);
    ReductionArguments.length("reducedVariance", reducedVariance.length, mean.length);
  }

  private static IllegalArgumentException atIndex(int index, IllegalArgumentException cause) {
    return new IllegalArgumentException("Weight " + index + ": " + cause.getMessage(), cause);
  }
}
