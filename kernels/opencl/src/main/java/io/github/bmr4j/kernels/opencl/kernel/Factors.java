package io.github.bmr4j.kernels.opencl.kernel;

/** Normal factors as the network sees them: scale and mask of {@code VariationalKernels}. */
abstract class Factors extends Philox {

  /** The least ρ that counts, as in VariationalKernels. */
  static final float RHO_MIN = -40f;

  float[] mean;
  int meanAt;
  float[] rho;
  int rhoAt;
  float[] scale;
  int scaleAt;
  int hasScale;
  float[] mask;
  int maskAt;
  int hasMask;
  int n;

  /** s γ. */
  protected float factor(int i) {
    float f = 1f;
    if (hasScale != 0) {
      f = scale[scaleAt];
    }
    if (hasMask != 0) {
      f = f * mask[maskAt + i];
    }
    return f;
  }

  /** ρ, or what counts in its place. */
  protected float effectiveRho(int i) {
    float r = rho[rhoAt + i];
    return r < RHO_MIN ? RHO_MIN : r;
  }
}
