package io.github.bmr4j.kernels.opencl.kernel;

/** out[i] = Σ_j m[i, j]; one group a row. */
final class RowSums extends Groups {

  float[] m;
  int mAt;
  int mStride;
  int columns;
  float[] out;
  int outAt;

  @Override
  public void run() {
    int row = getGroupId(0);
    int l = getLocalId(0);
    float sum = 0f;
    for (int j = l; j < columns; j = j + SIZE) {
      sum = sum + m[mAt + row * mStride + j];
    }
    sum = groupSum(sum);
    if (l == 0) {
      out[outAt + row] = sum;
    }
  }
}
