package io.github.bmr4j.kernels.opencl.kernel;

/** ΔF of one factor; see {@link io.github.bmr4j.kernels.EvidenceKernels}. */
abstract class Evidence extends Sums {

  /** 1/√v. */
  float rootPrecision;

  /**
   * ΔF.
   *
   * @param mean μ
   * @param sd s
   * @param ratio r = v̂/v
   * @param rest 1 − r, as it was before rounding
   */
  protected float deltaF(float mean, float sd, float ratio, float rest) {
    float q = sd * rootPrecision;
    float u = mean * rootPrecision;
    float y = 0f;
    if (ratio == 0f) {
      // The spike, without squares of small deviations.
      float z = mean / sd;
      y = -log(q) - 0.5f * (z * z);
    } else {
      float d = fma(rest * q, q, ratio);
      y = -0.5f * (log(d) + rest * (u * u / d));
      if (d <= 0f) {
        y = Float.NaN;
      }
    }
    return y;
  }
}
