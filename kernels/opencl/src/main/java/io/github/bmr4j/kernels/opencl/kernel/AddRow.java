package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** m[i, j] = m[i, j] + row[j]; one item an element. */
final class AddRow extends Kernel {

  float[] row;
  int rowAt;
  float[] m;
  int mAt;
  int mStride;
  int rows;
  int columns;

  @Override
  public void run() {
    int id = getGlobalId(0);
    int i = id / columns;
    int j = id % columns;
    if (i < rows) {
      int at = mAt + i * mStride + j;
      m[at] = m[at] + row[rowAt + j];
    }
  }
}
