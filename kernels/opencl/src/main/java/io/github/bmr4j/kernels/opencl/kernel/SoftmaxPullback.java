package io.github.bmr4j.kernels.opencl.kernel;

/** dX[i, j] = p[i, j] (dP[i, j] − Σ_k dP[i, k] p[i, k]), stored or added; one group a row. */
final class SoftmaxPullback extends Groups {

  float[] p;
  int pAt;
  int pStride;
  float[] dP;
  int dPAt;
  int dPStride;
  int columns;
  float[] dX;
  int dXAt;
  int dXStride;
  int accumulate;

  @Override
  public void run() {
    int row = getGroupId(0);
    int l = getLocalId(0);
    float sum = 0f;
    for (int j = l; j < columns; j = j + SIZE) {
      sum = fma(p[pAt + row * pStride + j], dP[dPAt + row * dPStride + j], sum);
    }
    float mean = groupSum(sum);
    for (int j = l; j < columns; j = j + SIZE) {
      float share = p[pAt + row * pStride + j] * (dP[dPAt + row * dPStride + j] - mean);
      int at = dXAt + row * dXStride + j;
      if (accumulate != 0) {
        share = dX[at] + share;
      }
      dX[at] = share;
    }
  }
}
