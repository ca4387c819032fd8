package io.github.bmr4j.kernels.opencl.kernel;

/** ∂v = ∂y ε / (2 √v), or more by that; one item for the four numbers of a counter. */
final class LocalDrawPullback extends Philox {

  float[] dy;
  int dyAt;
  float[] deviation;
  int deviationAt;
  int n;
  float[] dVariance;
  int dVarianceAt;
  int accumulate;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    draw(counter);
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float share = 0.5f * dy[dyAt + i] * normal(w) / deviation[deviationAt + i];
        if (accumulate != 0) {
          share = share + dVariance[dVarianceAt + i];
        }
        dVariance[dVarianceAt + i] = share;
      }
    }
  }
}
