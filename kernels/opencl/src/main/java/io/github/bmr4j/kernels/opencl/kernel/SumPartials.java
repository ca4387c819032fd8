package io.github.bmr4j.kernels.opencl.kernel;

/** Partial sums of x, or of x y. */
final class SumPartials extends Sums {

  float[] x;
  int xAt;
  float[] y;
  int yAt;
  int products;
  int n;

  @Override
  public void run() {
    float high = 0f;
    float low = 0f;
    int step = getGlobalSize(0);
    for (int i = getGlobalId(0); i < n; i = i + step) {
      float value = x[xAt + i];
      float error = 0f;
      if (products != 0) {
        float a = value;
        value = a * y[yAt + i];
        error = finite(value) != 0 ? fma(a, y[yAt + i], -value) : 0f;
      }
      low = low + lost(high, value) + error;
      high = high + value;
    }
    groupTotal(high, low, getGroupId(0));
  }
}
