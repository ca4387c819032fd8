package io.github.bmr4j.kernels.opencl.kernel;

/** The gradients of log-normal factors with Gamma priors; one item a factor. */
final class LogNormal extends Functions {

  float[] mean;
  int meanAt;
  float[] rho;
  int rhoAt;
  float[] drawn;
  int drawnAt;
  float[] gradient;
  int gradientAt;
  int n;
  float shape;
  float rate;
  float likelihoodWeight;
  float klWeight;

  /** 1 for the divergence in closed form, 0 for the sampled one. */
  int analytic;

  float[] byMean;
  int byMeanAt;
  float[] byRho;
  int byRhoAt;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float m = mean[meanAt + i];
      float s = softplus(rho[rhoAt + i]);
      float u = drawn[drawnAt + i];
      float noise = (u - m) / s;
      float likelihood = likelihoodWeight * gradient[gradientAt + i];
      float x = rate * exp(analytic != 0 ? fma(0.5f * s, s, m) : u);
      float pull = x - shape;
      float spread = (analytic != 0 ? x * s : pull * noise) - 1f / s;
      byMean[byMeanAt + i] = fma(klWeight, pull, likelihood);
      byRho[byRhoAt + i] = fma(likelihood, noise, klWeight * spread) * sigmoid(rho[rhoAt + i]);
    }
  }
}
