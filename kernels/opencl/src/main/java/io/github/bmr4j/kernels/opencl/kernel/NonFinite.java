package io.github.bmr4j.kernels.opencl.kernel;

/** For each work item the first of its elements that is NaN or infinite; n if there is none. */
final class NonFinite extends DeviceMath {

  float[] x;
  int xAt;
  int n;
  int[] first;

  @Override
  public void run() {
    int id = getGlobalId(0);
    int step = getGlobalSize(0);
    int found = n;
    for (int i = id; i < found; i = i + step) {
      if (finite(x[xAt + i]) == 0) {
        found = i;
      }
    }
    first[id] = found;
  }
}
