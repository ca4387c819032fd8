package io.github.bmr4j.kernels.opencl.kernel;

/** y = f(x); one item an element. */
final class Apply extends Functions {

  int function;
  float[] x;
  int xAt;
  float[] y;
  int yAt;
  int n;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      y[yAt + i] = value(function, x[xAt + i]);
    }
  }
}
