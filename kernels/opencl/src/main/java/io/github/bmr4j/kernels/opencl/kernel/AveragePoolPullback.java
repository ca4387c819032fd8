package io.github.bmr4j.kernels.opencl.kernel;

/** The pullback of the mean of each window; one item an input. */
final class AveragePoolPullback extends Images {

  float[] dy;
  int dyAt;
  float[] dx;
  int dxAt;
  int n;
  int accumulate;

  @Override
  public void run() {
    int id = getGlobalId(0);
    if (id < n) {
      int column = id % width + paddingAcross;
      int row = id / width % height + paddingDown;
      int plane = id / (width * height);
      int top = firstWindow(row, windowHeight, strideDown);
      int bottom = lastWindow(row, strideDown, outHeight);
      int left = firstWindow(column, windowWidth, strideAcross);
      int right = lastWindow(column, strideAcross, outWidth);
      float sum = 0f;
      for (int i = top; i <= bottom; i++) {
        for (int j = left; j <= right; j++) {
          sum = sum + dy[dyAt + (plane * outHeight + i) * outWidth + j];
        }
      }
      sum = sum / (windowHeight * windowWidth);
      if (accumulate != 0) {
        sum = dx[dxAt + id] + sum;
      }
      dx[dxAt + id] = sum;
    }
  }
}
