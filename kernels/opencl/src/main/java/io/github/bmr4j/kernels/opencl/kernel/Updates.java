package io.github.bmr4j.kernels.opencl.kernel;

/** Adam and AdaBelief on the two variational parameters of normal factors. */
abstract class Updates extends Factors {

  float[] meanMoment1;
  int meanMoment1At;
  float[] meanMoment2;
  int meanMoment2At;
  float[] rhoMoment1;
  int rhoMoment1At;
  float[] rhoMoment2;
  int rhoMoment2At;
  float likelihoodWeight;
  float klWeight;

  /** 1/v. */
  float precision;

  /** β₁, 1 − β₁, β₂ and 1 − β₂. */
  float keep1;

  float take1;
  float keep2;
  float take2;

  /** ε_root of AdaBelief; 0 for Adam. */
  float root;

  float epsilon;

  /** 1 for AdaBelief, 0 for Adam. */
  float belief;

  /** −η / (1 − β₁ᵗ). */
  float rate;

  /** 1 / (1 − β₂ᵗ). */
  float correction2;

  /** A step of μ for its gradient. */
  protected void stepMean(int i, float g) {
    float m = fma(g, take1, meanMoment1[meanMoment1At + i] * keep1);
    float deviation = g - belief * m;
    float v = fma(meanMoment2[meanMoment2At + i], keep2, root);
    v = fma(deviation * deviation, take2, v);
    meanMoment1[meanMoment1At + i] = m;
    meanMoment2[meanMoment2At + i] = v;
    float direction = m / (sqrt(v * correction2) + epsilon);
    mean[meanAt + i] = fma(direction, rate, mean[meanAt + i]);
  }

  /** A step of ρ for its gradient. */
  protected void stepRho(int i, float g) {
    float m = fma(g, take1, rhoMoment1[rhoMoment1At + i] * keep1);
    float deviation = g - belief * m;
    float v = fma(rhoMoment2[rhoMoment2At + i], keep2, root);
    v = fma(deviation * deviation, take2, v);
    rhoMoment1[rhoMoment1At + i] = m;
    rhoMoment2[rhoMoment2At + i] = v;
    float direction = m / (sqrt(v * correction2) + epsilon);
    rho[rhoAt + i] = fma(direction, rate, rho[rhoAt + i]);
  }
}
