package io.github.bmr4j.kernels.opencl.kernel;

/** Mean and deviation of rows, for layer normalisation. */
abstract class NormalizedRows extends Groups {

  float[] x;
  int xAt;
  int xStride;
  int columns;
  float epsilon;
  float[] scale;
  int scaleAt;

  protected float rowMean(int row) {
    float sum = 0f;
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      sum = sum + x[xAt + row * xStride + j];
    }
    return groupSum(sum) / columns;
  }

  /** 1 / √(variance + ε). */
  protected float inverseDeviation(int row, float mean) {
    float sum = 0f;
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      float d = x[xAt + row * xStride + j] - mean;
      sum = fma(d, d, sum);
    }
    return 1f / sqrt(groupSum(sum) / columns + epsilon);
  }
}
