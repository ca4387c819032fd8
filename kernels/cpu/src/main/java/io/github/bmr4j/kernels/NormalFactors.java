package io.github.bmr4j.kernels;

/**
 * The variational parameters of n independent normal factors and their optimiser moments: q(b_i) =
 * N(mean_i, softplus(rho_i)²). Six slices of the same length.
 *
 * @param mean the means
 * @param rho the standard deviations before softplus
 * @param meanMoment1 first moment of the mean's gradient
 * @param meanMoment2 second moment of the mean's gradient; IVON has no second moments
 * @param rhoMoment1 first moment of rho's gradient; the curvature h of {@link UpdateRule.Kind#IVON}
 * @param rhoMoment2 second moment of rho's gradient
 */
public record NormalFactors(
    Slice mean,
    Slice rho,
    Slice meanMoment1,
    Slice meanMoment2,
    Slice rhoMoment1,
    Slice rhoMoment2) {

  /**
   * @throws IllegalArgumentException if the lengths differ
   */
  public NormalFactors {
    int n = mean.length();
    if (rho.length() != n
        || meanMoment1.length() != n
        || meanMoment2.length() != n
        || rhoMoment1.length() != n
        || rhoMoment2.length() != n) {
      throw new IllegalArgumentException(
          "The six slices of normal factors must have the same length; mean has " + n);
    }
  }

  /** Number of factors. */
  public int length() {
    return mean.length();
  }
}
