package io.github.bmr4j.kernels.opencl.kernel;

/** The step of IVON on log-normal factors with Gamma priors; one item a factor. */
final class LogNormalIvon extends Functions {

  /** From this σ on, ln(e^σ − 1) is σ in float. */
  private static final float LARGE = 20f;

  float[] mean;
  int meanAt;
  float[] rho;
  int rhoAt;
  float[] drawn;
  int drawnAt;
  float[] gradient;
  int gradientAt;
  float[] meanMoment1;
  int meanMoment1At;

  /** The curvature. */
  float[] rhoMoment1;

  int rhoMoment1At;
  int n;
  float shape;
  float rate;
  float likelihoodWeight;
  float klWeight;

  /** 1 for the divergence in closed form, 0 for the sampled one. */
  int analytic;

  float keep1;
  float take1;
  float take2;

  /** η. */
  float learningRate;

  /** 1 / (1 − β₁ᵗ). */
  float correction1;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float mu = mean[meanAt + i];
      float s = softplus(rho[rhoAt + i]);
      float u = drawn[drawnAt + i];
      float noise = (u - mu) / s;
      float likelihood = likelihoodWeight * gradient[gradientAt + i];
      float x = rate * exp(analytic != 0 ? fma(0.5f * s, s, mu) : u);
      float g = fma(klWeight, x - shape, likelihood);
      float estimate = fma(klWeight, x, likelihood * noise / s);
      float h = rhoMoment1[rhoMoment1At + i];
      float change = (estimate - h) * take2;
      h = h + (change + 0.5f * change * change / h);
      float m = fma(g, take1, meanMoment1[meanMoment1At + i] * keep1);
      float sigma = sqrt(klWeight / h);
      rhoMoment1[rhoMoment1At + i] = h;
      meanMoment1[meanMoment1At + i] = m;
      mean[meanAt + i] = fma(m * correction1 / h, -learningRate, mu);
      rho[rhoAt + i] = sigma > LARGE ? sigma : log(expm1(sigma));
    }
  }
}
