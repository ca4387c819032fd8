package io.github.bmr4j.kernels.opencl.kernel;

/** y = f(convolution of x with w + y + bias); one item a pixel that goes out. */
final class Convolve extends Convolutions {

  float[] x;
  int xAt;
  float[] w;
  int wAt;
  float[] y;
  int yAt;
  int n;
  int accumulate;
  float[] bias;
  int biasAt;
  int hasBias;
  int function;

  @Override
  public void run() {
    int o = getGlobalId(0);
    if (o < n) {
      int j = o % outWidth;
      int i = o / outWidth % outHeight;
      int f = o / (outWidth * outHeight) % filters;
      int image = o / (outWidth * outHeight) / filters;
      int firstRow = i * strideDown - paddingDown;
      int firstColumn = j * strideAcross - paddingAcross;
      int plane = image * channels + f / groupFilters * groupChannels;
      int weight = wAt + f * groupChannels * windowHeight * windowWidth;
      float sum = 0f;
      for (int c = 0; c < groupChannels; c++) {
        for (int u = 0; u < windowHeight; u++) {
          int row = firstRow + u;
          if (row >= 0 && row < height) {
            int from = xAt + ((plane + c) * height + row) * width;
            for (int v = 0; v < windowWidth; v++) {
              int column = firstColumn + v;
              if (column >= 0 && column < width) {
                int at = weight + (c * windowHeight + u) * windowWidth + v;
                sum = fma(w[at], x[from + column], sum);
              }
            }
          }
        }
      }
      if (accumulate != 0) {
        sum = sum + y[yAt + o];
      }
      if (hasBias != 0) {
        sum = sum + bias[biasAt + f];
      }
      y[yAt + o] = value(function, sum);
    }
  }
}
