package io.github.bmr4j.kernels.opencl.kernel;

/**
 * What all kernels of softmax share: the largest element of a row and Σ exp of the rest. An
 * infinite maximum is not taken out, so that the results are the limits and NaN stays NaN.
 */
abstract class SoftmaxRows extends Groups {

  float[] x;
  int xAt;
  int xStride;
  int columns;

  /** The largest element of a row, or 0 if that is infinite. */
  protected float rowShift(int row) {
    float largest = Float.NEGATIVE_INFINITY;
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      float value = x[xAt + row * xStride + j];
      largest = value > largest ? value : largest;
    }
    largest = groupMaximum(largest);
    return finite(largest) != 0 ? largest : 0f;
  }

  /** Σ_j exp(x[row, j] − shift). */
  protected float rowExponentials(int row, float shift) {
    float sum = 0f;
    for (int j = getLocalId(0); j < columns; j = j + SIZE) {
      sum = sum + exp(x[xAt + row * xStride + j] - shift);
    }
    return groupSum(sum);
  }
}
