package io.github.bmr4j.kernels.opencl.kernel;

/** y[i, j] = f(b[j] + Σ over the stored elements of row j of W); one item an output. */
final class SparseLinear extends Functions {

  float[] x;
  int xAt;
  int xStride;
  int[] starts;
  int[] indices;
  float[] values;
  int valuesAt;
  float[] bias;
  int biasAt;
  int function;
  float[] y;
  int yAt;
  int yStride;
  int rows;
  int columns;

  @Override
  public void run() {
    int id = getGlobalId(0);
    int i = id / columns;
    int j = id % columns;
    if (i < rows) {
      float sum = 0f;
      for (int p = starts[j]; p < starts[j + 1]; p++) {
        sum = fma(x[xAt + i * xStride + indices[p]], values[valuesAt + p], sum);
      }
      y[yAt + i * yStride + j] = value(function, sum + bias[biasAt + j]);
    }
  }
}
