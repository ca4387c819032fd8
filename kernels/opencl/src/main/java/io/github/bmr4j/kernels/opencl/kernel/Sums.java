package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Sums in two floats, high and low part, by Knuth's error-free addition: as exact as sums in
 * double, which not every device has. Each group writes the two parts of its sum as a pair of
 * {@code partials}.
 */
abstract class Sums extends Functions {

  /** Work items of a group. */
  static final int SIZE = 64;

  float[] partials;

  @Local protected float[] highs = new float[SIZE];

  @Local protected float[] lows = new float[SIZE];

  /** What rounding takes from a + b. */
  protected float lost(float a, float b) {
    float sum = a + b;
    float back = sum - a;
    float e = (a - (sum - back)) + (b - back);
    // An infinite sum has lost nothing that can be put back.
    return finite(sum) != 0 ? e : 0f;
  }

  /**
   * Adds the items' sums up and writes the pair {@code slot}. All items of a group must call it.
   */
  protected void groupTotal(float high, float low, int slot) {
    int l = getLocalId(0);
    localBarrier();
    highs[l] = high;
    lows[l] = low;
    localBarrier();
    for (int width = SIZE / 2; width > 0; width = width / 2) {
      if (l < width) {
        float a = highs[l];
        float b = highs[l + width];
        highs[l] = a + b;
        lows[l] = lows[l] + lows[l + width] + lost(a, b);
      }
      localBarrier();
    }
    if (l == 0) {
      partials[2 * slot] = highs[0];
      partials[2 * slot + 1] = lows[0];
    }
  }
}
