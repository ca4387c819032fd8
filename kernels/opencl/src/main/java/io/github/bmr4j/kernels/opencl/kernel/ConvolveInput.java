package io.github.bmr4j.kernels.opencl.kernel;

/** The gradient of a convolution's images; one item a pixel that came in. */
final class ConvolveInput extends Convolutions {

  float[] w;
  int wAt;
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
      int channel = id / (width * height) % channels;
      int image = id / (width * height) / channels;
      int c = channel % groupChannels;
      int firstFilter = channel / groupChannels * groupFilters;
      int top = firstWindow(row, windowHeight, strideDown);
      int bottom = lastWindow(row, strideDown, outHeight);
      int left = firstWindow(column, windowWidth, strideAcross);
      int right = lastWindow(column, strideAcross, outWidth);
      float sum = 0f;
      for (int f = firstFilter; f < firstFilter + groupFilters; f++) {
        int weight = wAt + (f * groupChannels + c) * windowHeight * windowWidth;
        int plane = dyAt + (image * filters + f) * outHeight * outWidth;
        for (int i = top; i <= bottom; i++) {
          int u = row - i * strideDown;
          for (int j = left; j <= right; j++) {
            int v = column - j * strideAcross;
            sum = fma(w[weight + u * windowWidth + v], dy[plane + i * outWidth + j], sum);
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
