package io.github.bmr4j.kernels.opencl.kernel;

/** The gradient of a convolution's weights; one group a weight. */
final class ConvolveWeights extends Convolutions {

  /** Work items of a group. */
  static final int SIZE = Groups.SIZE;

  int batch;
  float[] x;
  int xAt;
  float[] dy;
  int dyAt;
  float[] dw;
  int dwAt;
  int accumulate;

  @Local float[] shared = new float[SIZE];

  @Override
  public void run() {
    int weight = getGroupId(0);
    int l = getLocalId(0);
    int v = weight % windowWidth;
    int u = weight / windowWidth % windowHeight;
    int c = weight / (windowWidth * windowHeight) % groupChannels;
    int f = weight / (windowWidth * windowHeight) / groupChannels;
    int channel = f / groupFilters * groupChannels + c;
    int pixels = outHeight * outWidth;
    float sum = 0f;
    for (int t = l; t < batch * pixels; t = t + SIZE) {
      int image = t / pixels;
      int pixel = t % pixels;
      int row = pixel / outWidth * strideDown + u - paddingDown;
      int column = pixel % outWidth * strideAcross + v - paddingAcross;
      if (row >= 0 && row < height && column >= 0 && column < width) {
        float from = x[xAt + ((image * channels + channel) * height + row) * width + column];
        sum = fma(dy[dyAt + (image * filters + f) * pixels + pixel], from, sum);
      }
    }
    shared[l] = sum;
    localBarrier();
    for (int span = SIZE / 2; span > 0; span = span / 2) {
      if (l < span) {
        shared[l] = shared[l] + shared[l + span];
      }
      localBarrier();
    }
    if (l == 0) {
      float total = shared[0];
      if (accumulate != 0) {
        total = dw[dwAt + weight] + total;
      }
      dw[dwAt + weight] = total;
    }
  }
}
