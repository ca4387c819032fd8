package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** y = alpha x, or y = y + alpha x rounded once; one item an element. */
final class Scale extends Kernel {

  float alpha;
  float[] x;
  int xAt;
  float[] y;
  int yAt;
  int n;
  int accumulate;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float result = alpha * x[xAt + i];
      if (accumulate != 0) {
        result = fma(alpha, x[xAt + i], y[yAt + i]);
      }
      y[yAt + i] = result;
    }
  }
}
