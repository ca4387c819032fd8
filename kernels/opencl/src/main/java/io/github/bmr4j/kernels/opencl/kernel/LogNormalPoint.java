package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** The gradient of positive quantities as points with Gamma priors; one item a quantity. */
final class LogNormalPoint extends Kernel {

  float[] mean;
  int meanAt;
  float[] gradient;
  int gradientAt;
  int n;

  /** Shape of the prior, less 1. */
  float pull;

  float rate;
  float likelihoodWeight;
  float klWeight;
  float[] byMean;
  int byMeanAt;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float prior = klWeight * (rate * exp(mean[meanAt + i]) - pull);
      byMean[byMeanAt + i] = fma(likelihoodWeight, gradient[gradientAt + i], prior);
    }
  }
}
