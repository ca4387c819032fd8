package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/**
 * Sums over runs of {@code chunk} rows of a matrix: out[c, j] = Σ m[i, j] over the rows i of run c;
 * one item a run and column. With one run this is the whole sum.
 */
final class ColumnSums extends Kernel {

  float[] m;
  int mAt;
  int mStride;
  int rows;
  int columns;
  int chunk;
  int chunks;
  float[] out;
  int outAt;
  int accumulate;

  @Override
  public void run() {
    int id = getGlobalId(0);
    int c = id / columns;
    int j = id % columns;
    if (c < chunks) {
      int from = c * chunk;
      int to = from + chunk < rows ? from + chunk : rows;
      float sum = 0f;
      for (int i = from; i < to; i++) {
        sum = sum + m[mAt + i * mStride + j];
      }
      if (accumulate != 0) {
        sum = out[outAt + id] + sum;
      }
      out[outAt + id] = sum;
    }
  }
}
