package io.github.bmr4j.kernels.opencl.kernel;

/** Sums of the spike's ΔF over the rows or the columns of a matrix; one group a row or column. */
final class SpikeSums extends Evidence {

  float[] mean;
  int meanAt;
  float[] sd;
  int sdAt;

  /** Distance from one row or column to the next, and of their elements. */
  int meanOuter;

  int meanInner;
  int sdOuter;
  int sdInner;
  int length;
  float[] out;
  int outAt;

  @Override
  public void run() {
    int which = getGroupId(0);
    float high = 0f;
    float low = 0f;
    for (int k = getLocalId(0); k < length; k = k + SIZE) {
      float m = mean[meanAt + which * meanOuter + k * meanInner];
      float s = sd[sdAt + which * sdOuter + k * sdInner];
      float delta = deltaF(m, s, 0f, 1f);
      low = low + lost(high, delta);
      high = high + delta;
    }
    groupTotal(high, low, which);
    if (getLocalId(0) == 0) {
      out[outAt + which] = highs[0] + lows[0];
    }
  }
}
