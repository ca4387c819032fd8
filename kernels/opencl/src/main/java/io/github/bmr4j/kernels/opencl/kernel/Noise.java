package io.github.bmr4j.kernels.opencl.kernel;

/** Uniform or normal noise; one item a counter, which is four numbers. */
final class Noise extends Philox {

  float[] out;
  int outAt;
  int n;
  int isNormal;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    draw(counter);
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float value = uniform(w);
        if (isNormal != 0) {
          value = normal(w);
        }
        out[outAt + i] = value;
      }
    }
  }
}
