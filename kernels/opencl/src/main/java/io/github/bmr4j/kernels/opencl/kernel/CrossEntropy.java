package io.github.bmr4j.kernels.opencl.kernel;

/** losses[i] = ln Σ_j exp(x[i, j]) − x[i, labels[i]]; one group a row. */
final class CrossEntropy extends SoftmaxRows {

  float[] labels;
  int labelsAt;
  float[] losses;
  int lossesAt;

  @Override
  public void run() {
    int row = getGroupId(0);
    float shift = rowShift(row);
    float sum = rowExponentials(row, shift);
    if (getLocalId(0) == 0) {
      int label = (int) labels[labelsAt + row];
      losses[lossesAt + row] = (shift - x[xAt + row * xStride + label]) + log(sum);
    }
  }
}
