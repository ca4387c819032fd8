package io.github.bmr4j.kernels.opencl.kernel;

/** The fused update where the network saw means and variances; one item a factor. */
final class UpdateByMoments extends Updates {

  float[] byMean;
  int byMeanAt;
  float[] byVariance;
  int byVarianceAt;

  /** Whether softplus(ρ) is σ². */
  int rhoIsVariance;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float r = effectiveRho(i);
      float sigma = softplus(r);
      float slope = sigmoid(r);
      if (rhoIsVariance != 0) {
        sigma = sqrt(sigma);
        slope = 0.5f * slope / sigma;
      }
      float f = factor(i);
      float weight = likelihoodWeight * f;
      float klPrecision = klWeight * precision;
      float g = fma(mean[meanAt + i], klPrecision, weight * byMean[byMeanAt + i]);
      float spread = fma(byVariance[byVarianceAt + i], 2f * weight * f, klPrecision);
      stepMean(i, g);
      stepRho(i, (spread * sigma - klWeight / sigma) * slope);
    }
  }
}
