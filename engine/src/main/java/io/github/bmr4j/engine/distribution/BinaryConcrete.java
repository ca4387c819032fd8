package io.github.bmr4j.engine.distribution;

/**
 * The binary concrete distribution (Maddison, Mnih, Teh 2017), a relaxation of Bern(φ): y =
 * logistic((θ + ln u − ln(1 − u))/τ) with φ = logistic(θ), u uniform in (0, 1) and a temperature τ.
 * y &gt; ½ happens with probability φ at any temperature.
 *
 * @param logit θ
 * @param temperature τ, positive
 */
public record BinaryConcrete(double logit, double temperature) {

  /** Checks the parameters. */
  public BinaryConcrete {
    Arguments.finite("BinaryConcrete", "logit", logit);
    Arguments.positive("BinaryConcrete", "temperature", temperature);
  }

  /**
   * y.
   *
   * @param u strictly between 0 and 1
   */
  public double draw(double u) {
    return SpecialFunctions.logistic((logit + SpecialFunctions.logit(u)) / temperature);
  }

  /**
   * ∂y/∂θ at the same u.
   *
   * @param u strictly between 0 and 1
   */
  public double derivative(double u) {
    double y = draw(u);
    double rest = SpecialFunctions.logistic(-(logit + SpecialFunctions.logit(u)) / temperature);
    return y * rest / temperature;
  }
}
