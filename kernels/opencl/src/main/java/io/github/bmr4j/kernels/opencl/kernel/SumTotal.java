package io.github.bmr4j.kernels.opencl.kernel;

/** The sum of all partial sums, by one group, into one float. */
final class SumTotal extends Sums {

  int pairs;
  float[] out;
  int outAt;

  @Override
  public void run() {
    float high = 0f;
    float low = 0f;
    for (int i = getLocalId(0); i < pairs; i = i + SIZE) {
      float value = partials[2 * i];
      low = low + partials[2 * i + 1] + lost(high, value);
      high = high + value;
    }
    localBarrier();
    groupTotal(high, low, 0);
    if (getLocalId(0) == 0) {
      out[outAt] = highs[0] + lows[0];
    }
  }
}
