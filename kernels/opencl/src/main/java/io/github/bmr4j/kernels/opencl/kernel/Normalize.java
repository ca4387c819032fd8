package io.github.bmr4j.kernels.opencl.kernel;

/** out[i, j] = scale[j] (x[i, j] − mean_i) / √(variance_i + ε) + shift[j]; one group a row. */
final class Normalize extends NormalizedRows {

  float[] shift;
  int shiftAt;
  float[] out;
  int outAt;
  int outStride;

  @Override
  public void run() {
    int row = getGroupId(0);
    float mean = rowMean(row);
    float inverse = inverseDeviation(row, mean);
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      float normalized = (x[xAt + row * xStride + j] - mean) * inverse;
      out[outAt + row * outStride + j] = fma(normalized, scale[scaleAt + j], shift[shiftAt + j]);
    }
  }
}
