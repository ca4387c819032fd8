package io.github.bmr4j.kernels.opencl.kernel;

/** dx = dy f′(x), or that added to dx; one item an element. */
final class ApplyPullback extends Functions {

  int function;
  float[] x;
  int xAt;
  float[] y;
  int yAt;
  float[] dy;
  int dyAt;
  float[] dx;
  int dxAt;
  int n;
  int accumulate;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      float d = pullback(function, x[xAt + i], y[yAt + i], dy[dyAt + i]);
      if (accumulate != 0) {
        d = dx[dxAt + i] + d;
      }
      dx[dxAt + i] = d;
    }
  }
}
