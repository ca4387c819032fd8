package io.github.bmr4j.kernels.opencl.kernel;

/**
 * The natural-gradient step of IVON, which draws the noise again; one item for the factors of a
 * counter. {@code rhoMoment1} is the curvature.
 */
final class UpdateIvon extends Factors {

  /** From this σ on, ln(e^σ − 1) is σ in float. */
  private static final float LARGE = 20f;

  float[] gradient;
  int gradientAt;
  float[] meanMoment1;
  int meanMoment1At;
  float[] rhoMoment1;
  int rhoMoment1At;
  float likelihoodWeight;
  float klWeight;

  /** 1/v. */
  float precision;

  float keep1;
  float take1;
  float take2;

  /** η. */
  float learningRate;

  /** 1 / (1 − β₁ᵗ). */
  float correction1;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    draw(counter);
    float delta = klWeight * precision;
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float g = likelihoodWeight * factor(i) * gradient[gradientAt + i];
        float estimate = g * normal(w) / softplus(effectiveRho(i));
        float h = rhoMoment1[rhoMoment1At + i];
        float change = (estimate - h) * take2;
        h = h + (change + 0.5f * change * change / (h + delta));
        float m = fma(g, take1, meanMoment1[meanMoment1At + i] * keep1);
        float mu = mean[meanAt + i];
        float slope = fma(mu, delta, m * correction1);
        float sigma = sqrt(klWeight / (h + delta));
        rhoMoment1[rhoMoment1At + i] = h;
        meanMoment1[meanMoment1At + i] = m;
        mean[meanAt + i] = fma(slope / (h + delta), -learningRate, mu);
        rho[rhoAt + i] = sigma > LARGE ? sigma : log(expm1(sigma));
      }
    }
  }
}
