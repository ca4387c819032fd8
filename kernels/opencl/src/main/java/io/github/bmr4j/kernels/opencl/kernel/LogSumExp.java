package io.github.bmr4j.kernels.opencl.kernel;

/** out[i] = ln Σ_j exp(x[i, j]); one group a row. */
final class LogSumExp extends SoftmaxRows {

  float[] out;
  int outAt;

  @Override
  public void run() {
    int row = getGroupId(0);
    float shift = rowShift(row);
    float sum = rowExponentials(row, shift);
    if (getLocalId(0) == 0) {
      out[outAt + row] = shift + log(sum);
    }
  }
}
