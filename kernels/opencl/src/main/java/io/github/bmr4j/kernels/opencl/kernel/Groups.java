package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Reductions over the work items of a group of {@link #SIZE}. All items of a group must call them.
 */
abstract class Groups extends DeviceMath {

  /** Work items of a group. */
  static final int SIZE = 64;

  @Local protected float[] shared = new float[SIZE];

  /** Σ of the items' values, the same for all items; in a fixed order. */
  protected float groupSum(float value) {
    int l = getLocalId(0);
    localBarrier();
    shared[l] = value;
    localBarrier();
    for (int width = SIZE / 2; width > 0; width = width / 2) {
      if (l < width) {
        shared[l] = shared[l] + shared[l + width];
      }
      localBarrier();
    }
    return shared[0];
  }

  /** The largest of the items' values; NaN counts as the least. */
  protected float groupMaximum(float value) {
    int l = getLocalId(0);
    localBarrier();
    shared[l] = value;
    localBarrier();
    for (int width = SIZE / 2; width > 0; width = width / 2) {
      if (l < width) {
        shared[l] = shared[l + width] > shared[l] ? shared[l + width] : shared[l];
      }
      localBarrier();
    }
    return shared[0];
  }
}
