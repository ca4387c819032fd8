package io.github.bmr4j.kernels.opencl.kernel;

/** y = m + √v ε; one item for the four numbers of a counter. */
final class LocalDraw extends Philox {

  float[] mean;
  int meanAt;
  float[] variance;
  int varianceAt;
  int n;

  /** Added to v. */
  float least;

  float[] deviation;
  int deviationAt;
  float[] out;
  int outAt;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    draw(counter);
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float root = sqrt(variance[varianceAt + i] + least);
        deviation[deviationAt + i] = root;
        out[outAt + i] = fma(root, normal(w), mean[meanAt + i]);
      }
    }
  }
}
