package io.github.bmr4j.kernels.opencl.kernel;

/** The pullback of the largest element of each window to the first such; one item an input. */
final class MaxPoolPullback extends Images {

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
    int id = getGlobalId(0);
    if (id < n) {
      int column = id % width + paddingAcross;
      int row = id / width % height + paddingDown;
      int plane = id / (width * height);
      int top = firstWindow(row, windowHeight, strideDown);
      int bottom = lastWindow(row, strideDown, outHeight);
      int left = firstWindow(column, windowWidth, strideAcross);
      int right = lastWindow(column, strideAcross, outWidth);
      float own = x[xAt + id];
      float sum = 0f;
      for (int i = top; i <= bottom; i++) {
        for (int j = left; j <= right; j++) {
          int o = (plane * outHeight + i) * outWidth + j;
          if (own == y[yAt + o]) {
            int before = (row - i * strideDown) * windowWidth + column - j * strideAcross;
            int firstRow = i * strideDown - paddingDown;
            int firstColumn = j * strideAcross - paddingAcross;
            int isFirst = 1;
            for (int k = 0; k < before; k++) {
              int r = firstRow + k / windowWidth;
              int s = firstColumn + k % windowWidth;
              if (r >= 0 && r < height && s >= 0 && s < width) {
                if (x[xAt + (plane * height + r) * width + s] == own) {
                  isFirst = 0;
                }
              }
            }
            if (isFirst != 0) {
              sum = sum + dy[dyAt + o];
            }
          }
        }
      }
      if (accumulate != 0) {
        sum = dx[dxAt + id] + sum;
      }
      dx[dxAt + id] = sum;
    }
  }
}
