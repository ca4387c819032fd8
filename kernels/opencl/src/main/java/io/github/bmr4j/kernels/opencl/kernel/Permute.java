package io.github.bmr4j.kernels.opencl.kernel;

import com.aparapi.Kernel;

/** A tensor in another order of its axes; one item an element of the result. */
final class Permute extends Kernel {

  float[] x;
  int xAt;
  float[] out;
  int outAt;
  int n;

  /** For each axis of the result its extent, then for each its distance in the operand. */
  int[] axes;

  int rank;
  int accumulate;

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      int rest = i;
      int from = xAt;
      for (int axis = rank - 1; axis >= 0; axis = axis - 1) {
        from = from + rest % axes[axis] * axes[rank + axis];
        rest = rest / axes[axis];
      }
      float value = x[from];
      if (accumulate != 0) {
        value = out[outAt + i] + value;
      }
      out[outAt + i] = value;
    }
  }
}
