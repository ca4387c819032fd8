package io.github.bmr4j.kernels.opencl.kernel;

/** The softmax of each row; one group a row. */
final class Softmax extends SoftmaxRows {

  float[] out;
  int outAt;
  int outStride;

  @Override
  public void run() {
    int row = getGroupId(0);
    float shift = rowShift(row);
    float sum = rowExponentials(row, shift);
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      out[outAt + row * outStride + j] = exp(x[xAt + row * xStride + j] - shift) / sum;
    }
  }
}
