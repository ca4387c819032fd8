package io.github.bmr4j.engine.distribution;

/**
 * The spike-and-slab prior of a weight as a mixture of two zero-mean normals: π N(0, s₁²) + (1 − π)
 * N(0, s₀²), with the slab's s₁ above the spike's s₀ (Blundell et al. 2015, equation 7). Which of
 * the two a weight belongs to is a hidden indicator γ with P(γ = 1) = π.
 *
 * @param inclusion π, strictly between 0 and 1
 * @param slab s₁, a standard deviation
 * @param spike s₀, a standard deviation, positive and below the slab's
 */
public record ScaleMixture(double inclusion, double slab, double spike) {

  /**
   * Checks the parameters.
   *
   * @throws IllegalArgumentException if one is outside its domain
   */
  public ScaleMixture {
    if (!(inclusion > 0 && inclusion < 1)) {
      throw new IllegalArgumentException(
          "ScaleMixture's inclusion must lie strictly between 0 and 1, but is " + inclusion);
    }
    Arguments.positive("ScaleMixture", "slab", slab);
    Arguments.positive("ScaleMixture", "spike", spike);
    if (!(spike < slab)) {
      throw new IllegalArgumentException(
          "ScaleMixture's spike must be narrower than its slab, but their standard deviations are "
              + spike
              + " and "
              + slab);
    }
  }

  /** The slab alone. */
  public Normal slabComponent() {
    return new Normal(0, slab);
  }

  /** The spike alone. */
  public Normal spikeComponent() {
    return new Normal(0, spike);
  }

  /**
   * The mixture with another spike.
   *
   * @param deviation s₀
   */
  public ScaleMixture withSpike(double deviation) {
    return new ScaleMixture(inclusion, slab, deviation);
  }

  /**
   * The mixture with another π.
   *
   * @param probability π
   */
  public ScaleMixture withInclusion(double probability) {
    return new ScaleMixture(probability, slab, spike);
  }

  /** logit π + ln(s₀/s₁): the logit of γ's probability given w = 0. */
  public double logitAtZero() {
    return SpecialFunctions.logit(inclusion) + Math.log(spike / slab);
  }

  /** ½ (s₀⁻² − s₁⁻²): how the logit of γ's probability rises with w². */
  public double logitSlope() {
    return 0.5 * (1 / (spike * spike) - 1 / (slab * slab));
  }

  /**
   * The responsibility of the slab, r(w) = P(γ = 1 | w).
   *
   * @param w a weight
   */
  public double responsibility(double w) {
    return SpecialFunctions.logistic(logitAtZero() + logitSlope() * w * w);
  }

  /**
   * The logarithm of the density.
   *
   * @param w a weight
   * @return in nats
   */
  public double logDensity(double w) {
    double inSlab = Math.log(inclusion) + slabComponent().logDensity(w);
    double inSpike = Math.log1p(-inclusion) + spikeComponent().logDensity(w);
    double larger = Math.max(inSlab, inSpike);
    return larger + Math.log1p(Math.exp(Math.min(inSlab, inSpike) - larger));
  }

  /** The |w| at which r(w) = ½; 0 where no weight is less than that. */
  public double evenWeight() {
    return Math.sqrt(Math.max(0, -logitAtZero() / logitSlope()));
  }
}
