package io.github.bmr4j.models.io;

/** How a file says how wide a normal posterior is. */
@FunctionalInterface
public interface Spread {

  /** The standard deviation σ. */
  Spread STANDARD_DEVIATION = value -> value;

  /** The variance σ². */
  Spread VARIANCE = value -> (float) Math.sqrt(value);

  /** The precision 1/σ². */
  Spread PRECISION = value -> (float) (1 / Math.sqrt(value));

  /** ln σ. */
  Spread LOG_STANDARD_DEVIATION = value -> (float) Math.exp(value);

  /** ρ with σ = ln(1 + exp ρ), as in Bayes by backprop. */
  Spread SOFTPLUS =
      value ->
          (float) (value > 0 ? value + Math.log1p(Math.exp(-value)) : Math.log1p(Math.exp(value)));

  /**
   * The Hessian h of the optimiser IVON (Shen et al. 2024), with σ² = 1 / (ess (h + weight decay)).
   * The prior that goes with it is N(0, {@link #ivonPriorVariance}).
   *
   * @param effectiveSampleSize ess, positive
   * @param weightDecay δ, positive
   */
  static Spread ivonHessian(double effectiveSampleSize, double weightDecay) {
    double _ = ivonPriorVariance(effectiveSampleSize, weightDecay);
    return value -> (float) (1 / Math.sqrt(effectiveSampleSize * (value + weightDecay)));
  }

  /**
   * The variance of the prior that IVON's weight decay stands for: 1 / (ess · weight decay).
   *
   * @param effectiveSampleSize ess, positive
   * @param weightDecay δ, positive
   */
  static double ivonPriorVariance(double effectiveSampleSize, double weightDecay) {
    if (!(effectiveSampleSize > 0) || !(weightDecay > 0)) {
      throw new IllegalArgumentException(
          "IVON's effective sample size and weight decay must be positive, but are "
              + effectiveSampleSize
              + " and "
              + weightDecay);
    }
    return 1 / (effectiveSampleSize * weightDecay);
  }

  /**
   * The standard deviation.
   *
   * @param value in the file
   * @return σ; not positive, or NaN, where the value is out of its domain
   */
  float deviation(float value);

  /**
   * Turns values of a file into standard deviations, in place.
   *
   * @param values as read
   * @param count of values, from the first
   */
  default void toDeviations(float[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = deviation(values[i]);
    }
  }
}
