package io.github.bmr4j.kernels.opencl.kernel;

/** w = s γ (μ + softplus(ρ) ε), or w = s γ μ; one item for the four factors of a counter. */
final class Sample extends Factors {

  int noisy;
  float[] out;
  int outAt;

  @Override
  public void run() {
    int counter = getGlobalId(0);
    if (noisy != 0) {
      draw(counter);
    }
    for (int w = 0; w < 4; w++) {
      int i = firstDraw(counter) + 16 * w;
      if (i < n) {
        float b = mean[meanAt + i];
        if (noisy != 0) {
          b = fma(softplus(effectiveRho(i)), normal(w), b);
        }
        out[outAt + i] = factor(i) * b;
      }
    }
  }
}
