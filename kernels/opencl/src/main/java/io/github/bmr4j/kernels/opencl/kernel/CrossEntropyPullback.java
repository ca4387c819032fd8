package io.github.bmr4j.kernels.opencl.kernel;

/** d[i, j] = dLosses[i] (softmax(x[i])[j] − [j = labels[i]]), stored or added; one group a row. */
final class CrossEntropyPullback extends SoftmaxRows {

  float[] labels;
  int labelsAt;
  float[] dLosses;
  int dLossesAt;
  float[] d;
  int dAt;
  int dStride;
  int accumulate;

  @Override
  public void run() {
    int row = getGroupId(0);
    float shift = rowShift(row);
    float sum = rowExponentials(row, shift);
    int label = (int) labels[labelsAt + row];
    float weight = dLosses[dLossesAt + row];
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      float p = exp(x[xAt + row * xStride + j] - shift) / sum;
      float share = weight * (j == label ? p - 1f : p);
      int at = dAt + row * dStride + j;
      if (accumulate != 0) {
        share = d[at] + share;
      }
      d[at] = share;
    }
  }
}
