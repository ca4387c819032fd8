package io.github.bmr4j.kernels.opencl.kernel;

/** The fused update after a draw, which is drawn again; one item for the factors of a counter. */
final class Update extends Updates {

  float[] gradient;
  int gradientAt;

  /** 1 for the divergence in closed form, 0 for the sampled one. */
  float analytic;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    draw(counter);
    float sampled = 1f - analytic;
    float klPrecision = klWeight * precision;
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float r = effectiveRho(i);
        float sigma = softplus(r);
        float noise = normal(w);
        float likelihood = likelihoodWeight * factor(i) * gradient[gradientAt + i];
        float part = noise * sampled;
        float point = fma(sigma, part, mean[meanAt + i]);
        float spread = fma(sigma, analytic, point * part) * klPrecision;
        float bySigma = spread - klWeight / sigma;
        stepMean(i, fma(point, klPrecision, likelihood));
        stepRho(i, fma(likelihood, noise, bySigma) * sigmoid(r));
      }
    }
  }
}
