package io.github.bmr4j.kernels.opencl.kernel;

/** Partial sums of (μ² + σ²)/v − 1 − ln(σ²/v), twice the divergence from N(0, v). */
final class DivergencePartials extends Sums {

  float[] mean;
  int meanAt;
  float[] rho;
  int rhoAt;
  float[] mask;
  int maskAt;
  int hasMask;

  /** 1/√v. */
  float rootPrecision;

  int n;

  @Override
  public void run() {
    float high = 0f;
    float low = 0f;
    int step = getGlobalSize(0);
    for (int i = getGlobalId(0); i < n; i = i + step) {
      float r = rho[rhoAt + i];
      float t = softplus(r < Factors.RHO_MIN ? Factors.RHO_MIN : r) * rootPrecision;
      float u = mean[meanAt + i] * rootPrecision;
      float value = fma(u, u, fma(t, t, -1f) - 2f * log(t));
      if (hasMask != 0) {
        value = mask[maskAt + i] == 0f ? 0f : value;
      }
      low = low + lost(high, value);
      high = high + value;
    }
    groupTotal(high, low, getGroupId(0));
  }
}
