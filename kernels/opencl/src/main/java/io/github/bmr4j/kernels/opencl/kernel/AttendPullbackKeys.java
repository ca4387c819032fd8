package io.github.bmr4j.kernels.opencl.kernel;

/** The gradients of the keys and values; one item a key and its value. */
final class AttendPullbackKeys extends AttentionPullback {

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      int token = i % tokens;
      int width = heads * size;
      int key = place(i, token, xAt, xStride) + width;
      int to = place(i, token, dXAt, dXStride) + width;
      begin(to);
      begin(to + width);
      for (int j = 0; j < tokens; j++) {
        int asking = place(i, j, xAt, xStride);
        int from = place(i, j, dOutAt, dOutStride);
        float weight = weight(i - token + j, asking, key);
        float mean = mean(place(i, j, outAt, outStride), from);
        float share = weight * (weightGradient(from, key + width) - mean) * scale;
        for (int k = 0; k < size; k++) {
          dX[to + k] = fma(share, x[asking + k], dX[to + k]);
          dX[to + width + k] = fma(weight, dOut[from + k], dX[to + width + k]);
        }
      }
    }
  }
}
