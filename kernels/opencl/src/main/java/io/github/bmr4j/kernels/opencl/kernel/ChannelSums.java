package io.github.bmr4j.kernels.opencl.kernel;

/** The gradient of a convolution's biases: sums over images and pixels; one group a filter. */
final class ChannelSums extends Groups {

  float[] dy;
  int dyAt;
  int batch;
  int filters;
  int pixels;
  float[] out;
  int outAt;
  int accumulate;

  @Override
  public void run() {
    int f = getGroupId(0);
    int l = getLocalId(0);
    float sum = 0f;
    for (int t = l; t < batch * pixels; t = t + SIZE) {
      sum = sum + dy[dyAt + (t / pixels * filters + f) * pixels + t % pixels];
    }
    sum = groupSum(sum);
    if (l == 0) {
      if (accumulate != 0) {
        sum = out[outAt + f] + sum;
      }
      out[outAt + f] = sum;
    }
  }
}
