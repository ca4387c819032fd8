package io.github.bmr4j.engine.distribution;

/** Closed forms of KL(q‖p) = E_q[ln q − ln p], in nats; q is always the first argument. */
public final class KullbackLeibler {

  private KullbackLeibler() {}

  /**
   * Between two normal distributions.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ½ (r² − 1 − ln r²) + ½ ((m_q − m_p)/s_p)², r = s_q/s_p
   */
  public static double divergence(Normal q, Normal p) {
    double ratio = q.scale() / p.scale();
    double distance = (q.location() - p.location()) / p.scale();
    return 0.5 * excess(ratio * ratio) + 0.5 * distance * distance;
  }

  /**
   * Between two log-normal distributions: that of the normal distributions of ln x, since the
   * divergence does not change under a map of the variable.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return KL(N(m_q, s_q²)‖N(m_p, s_p²))
   */
  public static double divergence(LogNormal q, LogNormal p) {
    return divergence(new Normal(q.location(), q.scale()), new Normal(p.location(), p.scale()));
  }

  /**
   * Between two gamma distributions.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return (a_q − a_p) ψ(a_q) − lnΓ(a_q) + lnΓ(a_p) + a_p ln(b_q/b_p) + a_q (b_p − b_q)/b_q
   */
  public static double divergence(Gamma q, Gamma p) {
    double rateRatio = p.rate() / q.rate();
    // a_p (ρ − 1 − ln ρ) + (a_q − a_p)(ρ − 1): the first term is free of cancellation at ρ = 1.
    return (q.shape() - p.shape()) * SpecialFunctions.digamma(q.shape())
        - SpecialFunctions.lnGamma(q.shape())
        + SpecialFunctions.lnGamma(p.shape())
        + p.shape() * excess(rateRatio)
        + (q.shape() - p.shape()) * (p.rate() - q.rate()) / q.rate();
  }

  /**
   * From a gamma distribution to a log-normal one, as for a precision with a gamma prior (a, b) and
   * the posterior exp(N(m, s²)); Marković, Friston and Kiebel, arXiv 2309.12095.
   *
   * @param q the log-normal posterior (m, s)
   * @param p the gamma prior (a, b)
   * @return lnΓ(a) − a ln b − a m + b exp(m + s²/2) − ½ ln(2πe s²)
   */
  public static double divergence(LogNormal q, Gamma p) {
    double expectedLogPrior =
        p.shape() * Math.log(p.rate())
            - SpecialFunctions.lnGamma(p.shape())
            + (p.shape() - 1) * q.location()
            - p.rate() * q.mean();
    return -q.entropy() - expectedLogPrior;
  }

  /** x − 1 − ln x ≥ 0, with its digits also where x is close to one. */
  private static double excess(double x) {
    double d = x - 1;
    if (Math.abs(d) > 0.01) {
      return d - Math.log(x);
    }
    // d − ln(1+d) = d²/2 − d³/3 + …; nine terms leave a relative 1e-18 at |d| = 0.01.
    double sum = 0;
    for (int k = 10; k >= 2; k--) {
      sum = 1.0 / k - d * sum;
    }
    return d * d * sum;
  }
}
