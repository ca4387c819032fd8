package io.github.bmr4j.engine.reduction;

/**
 * The score of a weight that was trained with the improved variational online Newton optimiser
 * (IVON): its running Hessian is the posterior precision, its weight decay the prior's, so ΔF of
 * removing the weight costs nothing more (the pruning library that goes with Marković, Friston and
 * Kiebel, arXiv 2309.12095).
 */
public final class OnlineNewtonScore {

  private OnlineNewtonScore() {}

  /**
   * The posterior precision.
   *
   * @param hessian h, the running estimate of the Hessian's diagonal, zero or positive
   * @param effectiveSampleSize positive
   * @param weightDecay positive
   * @return π = ess (h + wd)
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double posteriorPrecision(
      double hessian, double effectiveSampleSize, double weightDecay) {
    check(hessian, effectiveSampleSize, weightDecay);
    return effectiveSampleSize * (hessian + weightDecay);
  }

  /**
   * The prior precision.
   *
   * @param effectiveSampleSize positive
   * @param weightDecay positive
   * @return π₀ = ess · wd
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double priorPrecision(double effectiveSampleSize, double weightDecay) {
    check(0, effectiveSampleSize, weightDecay);
    return effectiveSampleSize * weightDecay;
  }

  /**
   * ΔF of removing the weight.
   *
   * @param mean the weight's mean
   * @param hessian h, zero or positive
   * @param effectiveSampleSize positive
   * @param weightDecay positive
   * @return ½ (ln π − ln π₀ − π mean²) = ½ ln(1 + h/wd) − ½ π mean², in nats
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double deltaF(
      double mean, double hessian, double effectiveSampleSize, double weightDecay) {
    ReductionArguments.finite("mean", mean);
    double precision = posteriorPrecision(hessian, effectiveSampleSize, weightDecay);
    return 0.5 * Math.log1p(hessian / weightDecay) - 0.5 * precision * mean * mean;
  }

  /**
   * The score by which weights are ranked.
   *
   * @param mean the weight's mean
   * @param hessian h, zero or positive
   * @param effectiveSampleSize positive
   * @param weightDecay positive
   * @return −ΔF: high is keep
   * @throws IllegalArgumentException if an argument is outside its domain
   */
  public static double score(
      double mean, double hessian, double effectiveSampleSize, double weightDecay) {
    return 0.0 - deltaF(mean, hessian, effectiveSampleSize, weightDecay);
  }

  private static void check(double hessian, double effectiveSampleSize, double weightDecay) {
    ReductionArguments.notNegative("hessian", hessian);
    ReductionArguments.positive("effectiveSampleSize", effectiveSampleSize);
    ReductionArguments.positive("weightDecay", weightDecay);
  }
}
