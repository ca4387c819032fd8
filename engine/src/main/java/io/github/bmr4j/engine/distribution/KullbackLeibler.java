package io.github.bmr4j.engine.distribution;

/**
 * Closed forms of KL(q‖p) = E_q[ln q − ln p], in nats, and their derivatives with respect to the
 * parameters of q, which is always the first argument.
 *
 * <p>The forms are arranged so that no digits are lost when q is close to p, where a posterior
 * stays that the data say nothing about: everything is built from x − 1 − ln x ({@link
 * SpecialFunctions#logarithmGap}), which is computed without cancellation.
 */
public final class KullbackLeibler {

  /** Shape from which the rest of Stirling's series is small beside its leading terms. */
  private static final double STIRLING_SHAPE = 16;

  private KullbackLeibler() {}

  /**
   * Between two normal distributions.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ½ (r − 1 − ln r) + ½ ((m_q − m_p)/s_p)², r = (s_q/s_p)²
   */
  public static double divergence(Normal q, Normal p) {
    return normal(q.location(), q.scale(), p.location(), p.scale());
  }

  /**
   * The derivative with respect to the mean of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂m_q = (m_q − m_p) / s_p²
   */
  public static double derivativeByLocation(Normal q, Normal p) {
    return (q.location() - p.location()) / p.scale() / p.scale();
  }

  /**
   * The derivative with respect to the standard deviation of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂s_q = s_q/s_p² − 1/s_q
   */
  public static double derivativeByScale(Normal q, Normal p) {
    return normalByScale(q.scale(), p.scale());
  }

  /**
   * Between two log-normal distributions: that of the normal distributions of ln x, since the
   * divergence does not change under a one-to-one map of the variable.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return KL(N(m_q, s_q²)‖N(m_p, s_p²))
   */
  public static double divergence(LogNormal q, LogNormal p) {
    return normal(q.location(), q.scale(), p.location(), p.scale());
  }

  /**
   * The derivative with respect to the location of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂m_q = (m_q − m_p) / s_p²
   */
  public static double derivativeByLocation(LogNormal q, LogNormal p) {
    return (q.location() - p.location()) / p.scale() / p.scale();
  }

  /**
   * The derivative with respect to the scale of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂s_q = s_q/s_p² − 1/s_q
   */
  public static double derivativeByScale(LogNormal q, LogNormal p) {
    return normalByScale(q.scale(), p.scale());
  }

  /**
   * From a log-normal distribution to a gamma one, both of the positive variable x itself: the
   * posterior exp(N(m, s²)) of a precision with the prior Gamma(a, b) (Marković, Friston and Kiebel
   * 2024, arXiv 2309.12095). With E ln p(x) = a ln b − lnΓ(a) + (a − 1) m − b e^(m+s²/2) and the
   * entropy m + ½ ln(2πe s²),
   *
   * @param q the log-normal posterior (m, s)
   * @param p the gamma prior (a, b)
   * @return lnΓ(a) − a ln b − a m + b e^(m+s²/2) − ½ ln(2πe s²)
   */
  public static double divergence(LogNormal q, Gamma p) {
    return SpecialFunctions.lnGamma(p.shape())
        - p.shape() * (Math.log(p.rate()) + q.location())
        + p.rate() * q.mean()
        - 0.5
        - SpecialFunctions.HALF_LN_TWO_PI
        - Math.log(q.scale());
  }

  /**
   * The derivative with respect to the location of q.
   *
   * @param q the log-normal posterior (m, s)
   * @param p the gamma prior (a, b)
   * @return ∂KL/∂m = b e^(m+s²/2) − a
   */
  public static double derivativeByLocation(LogNormal q, Gamma p) {
    return p.rate() * q.mean() - p.shape();
  }

  /**
   * The derivative with respect to the scale of q.
   *
   * @param q the log-normal posterior (m, s)
   * @param p the gamma prior (a, b)
   * @return ∂KL/∂s = b s e^(m+s²/2) − 1/s
   */
  public static double derivativeByScale(LogNormal q, Gamma p) {
    return p.rate() * q.mean() * q.scale() - 1 / q.scale();
  }

  /**
   * Between two gamma distributions: (a_q − a_p) ψ(a_q) − lnΓ(a_q) + lnΓ(a_p) + a_p ln(b_q/b_p) +
   * a_q (b_p − b_q)/b_q, summed as B(a_p, a_q) + a_p (ρ − 1 − ln ρ) + (a_q − a_p)(ρ − 1) with ρ =
   * b_p/b_q, where B is what lnΓ exceeds its tangent by.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return KL(q‖p)
   */
  public static double divergence(Gamma q, Gamma p) {
    double rateExcess = (p.rate() - q.rate()) / q.rate();
    return lnGammaAboveTangent(p.shape(), q.shape())
        + p.shape() * SpecialFunctions.logarithmGap(rateExcess)
        + (q.shape() - p.shape()) * rateExcess;
  }

  /**
   * The derivative with respect to the shape of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂a_q = (a_q − a_p) ψ′(a_q) + b_p/b_q − 1
   */
  public static double derivativeByShape(Gamma q, Gamma p) {
    return (q.shape() - p.shape()) * SpecialFunctions.trigamma(q.shape())
        + (p.rate() - q.rate()) / q.rate();
  }

  /**
   * The derivative with respect to the rate of q.
   *
   * @param q the distribution over which the expectation is taken
   * @param p the reference
   * @return ∂KL/∂b_q = (a_p − a_q b_p/b_q) / b_q
   */
  public static double derivativeByRate(Gamma q, Gamma p) {
    return (p.shape() - q.shape() * p.rate() / q.rate()) / q.rate();
  }

  /**
   * From a truncated log-normal distribution to a log-uniform one (Neklyudov, Molchanov, Ashukha
   * and Vetrov, Structured Bayesian pruning via log-normal multiplicative noise, 2017). In x = ln θ
   * it is that of a truncated normal distribution to a uniform one, so ln(b − a) less the entropy
   * of x.
   *
   * @param q the truncated log-normal posterior
   * @param p the log-uniform prior
   * @return ln(b − a) − H(ln θ); infinite where p does not cover the support of q
   */
  public static double divergence(TruncatedLogNormal q, LogUniform p) {
    if (q.lower() < p.lower() || q.upper() > p.upper()) {
      return Double.POSITIVE_INFINITY;
    }
    return Math.log(p.upper() - p.lower()) - q.logarithm().entropy();
  }

  /**
   * The derivative with respect to the location of q.
   *
   * @param q the truncated log-normal posterior (μ, σ)
   * @param p the log-uniform prior, which does not matter
   * @return ∂KL/∂μ
   */
  public static double derivativeByLocation(TruncatedLogNormal q, LogUniform p) {
    return -q.logarithm().entropyByLocation();
  }

  /**
   * The derivative with respect to the scale of q.
   *
   * @param q the truncated log-normal posterior (μ, σ)
   * @param p the log-uniform prior, which does not matter
   * @return ∂KL/∂σ
   */
  public static double derivativeByScale(TruncatedLogNormal q, LogUniform p) {
    return -q.logarithm().entropyByLogScale() / q.scale();
  }

  private static double normal(double qMean, double qScale, double pMean, double pScale) {
    double distance = (qMean - pMean) / pScale;
    double varianceExcess = (qScale - pScale) / pScale * ((qScale + pScale) / pScale);
    return 0.5 * SpecialFunctions.logarithmGap(varianceExcess) + 0.5 * distance * distance;
  }

  private static double normalByScale(double qScale, double pScale) {
    return (qScale - pScale) / pScale * ((qScale + pScale) / pScale) / qScale;
  }

  /**
   * B(x, y) = lnΓ(x) − lnΓ(y) − (x − y) ψ(y) ≥ 0.
   *
   * <p>Since lnΓ(z) = lnΓ(z + 1) − ln z, B(x, y) = B(x+1, y+1) + (x/y − 1 − ln(x/y)): a sum of
   * positive terms that carries both arguments to where Stirling's series holds. There, with the
   * series' rest R and its derivative, B(x, y) = x (y/x − 1 − ln(y/x)) + ½ (x/y − 1 − ln(x/y)) +
   * R(x) − R(y) − (x − y) R′(y).
   */
  private static double lnGammaAboveTangent(double x, double y) {
    double difference = x - y;
    double sum = 0;
    double shift = 0;
    while (Math.min(x, y) + shift < STIRLING_SHAPE) {
      sum += SpecialFunctions.logarithmGap(difference / (y + shift));
      shift += 1;
    }
    double u = x + shift;
    double v = y + shift;
    return sum
        + u * SpecialFunctions.logarithmGap(-difference / u)
        + 0.5 * SpecialFunctions.logarithmGap(difference / v)
        + (SpecialFunctions.stirlingRest(u) - SpecialFunctions.stirlingRest(v))
        - difference * SpecialFunctions.stirlingRestDerivative(v);
  }
}
