package io.github.bmr4j.kernels.opencl.kernel;

/** ΔF of each factor for one reduced prior; one item a factor. */
final class DeltaF extends Evidence {

  float[] mean;
  int meanAt;
  float[] sd;
  int sdAt;
  float ratio;
  float rest;
  float[] out;
  int outAt;
  int n;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      out[outAt + i] = deltaF(mean[meanAt + i], sd[sdAt + i], ratio, rest);
    }
  }
}
