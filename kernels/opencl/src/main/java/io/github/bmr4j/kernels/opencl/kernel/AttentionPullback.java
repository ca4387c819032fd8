package io.github.bmr4j.kernels.opencl.kernel;

/** What both kernels of attention's pullback share. */
abstract class AttentionPullback extends Attention {

  float[] dOut;
  int dOutAt;
  int dOutStride;
  float[] dX;
  int dXAt;
  int dXStride;
  int accumulate;

  /** The weight that the query of an item gives to a key. */
  protected float weight(int item, int query, int key) {
    int at = normalizer(item);
    return exp(score(query, key) - normalizers[at]) * normalizers[at + tokens];
  }

  /** Σ_j P_ij dP_ij, which is the row of out times its gradient. */
  protected float mean(int result, int given) {
    float sum = 0f;
    for (int k = 0; k < size; k++) {
      sum = fma(out[result + k], dOut[given + k], sum);
    }
    return sum;
  }

  /** The gradient of a weight. */
  protected float weightGradient(int given, int value) {
    float sum = 0f;
    for (int k = 0; k < size; k++) {
      sum = fma(dOut[given + k], x[value + k], sum);
    }
    return sum;
  }

  /** Clears what is to be stored rather than added. */
  protected void begin(int to) {
    if (accumulate == 0) {
      for (int k = 0; k < size; k++) {
        dX[to + k] = 0f;
      }
    }
  }
}
