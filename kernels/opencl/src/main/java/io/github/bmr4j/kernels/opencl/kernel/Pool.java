package io.github.bmr4j.kernels.opencl.kernel;

/** The largest element, or the mean, of each window; one item a window. */
final class Pool extends Images {

  float[] x;
  int xAt;
  float[] y;
  int yAt;
  int n;
  int average;

  @Override
  public void run() {
    int o = getGlobalId(0);
    if (o < n) {
      int firstColumn = o % outWidth * strideAcross - paddingAcross;
      int firstRow = o / outWidth % outHeight * strideDown - paddingDown;
      int plane = xAt + o / (outWidth * outHeight) * height * width;
      float largest = Float.NEGATIVE_INFINITY;
      float sum = 0f;
      for (int u = 0; u < windowHeight; u++) {
        int row = firstRow + u;
        for (int v = 0; v < windowWidth; v++) {
          int column = firstColumn + v;
          if (row >= 0 && row < height && column >= 0 && column < width) {
            float value = x[plane + row * width + column];
            sum = sum + value;
            // NaN is larger than all, and stays.
            if (value > largest || notANumber(value) != 0) {
              largest = value;
            }
          }
        }
      }
      float result = largest;
      if (average != 0) {
        result = sum / (windowHeight * windowWidth);
      }
      y[yAt + o] = result;
    }
  }
}
