package io.github.bmr4j.kernels.opencl.kernel;

/** The means s γ μ and variances (s γ σ)² of factors; one item a factor. */
final class Moments extends Factors {

  /** Whether softplus(ρ) is σ². */
  int rhoIsVariance;

  float[] means;
  int meansAt;
  float[] variances;
  int variancesAt;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float f = factor(i);
      float spread = softplus(effectiveRho(i));
      if (rhoIsVariance == 0) {
        spread = spread * spread;
      }
      means[meansAt + i] = f * mean[meanAt + i];
      variances[variancesAt + i] = spread * (f * f);
    }
  }
}
