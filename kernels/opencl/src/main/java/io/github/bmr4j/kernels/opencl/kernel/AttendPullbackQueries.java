package io.github.bmr4j.kernels.opencl.kernel;

/** The gradients of the queries; one item a query. */
final class AttendPullbackQueries extends AttentionPullback {

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      int token = i % tokens;
      int width = heads * size;
      int mine = place(i, token, xAt, xStride);
      int first = place(i, 0, xAt, xStride);
      int from = place(i, token, dOutAt, dOutStride);
      int to = place(i, token, dXAt, dXStride);
      float mean = mean(place(i, token, outAt, outStride), from);
      begin(to);
      for (int j = 0; j < tokens; j++) {
        int key = first + width + j * xStride;
        float share = weight(i, mine, key) * (weightGradient(from, key + width) - mean) * scale;
        for (int k = 0; k < size; k++) {
          dX[to + k] = fma(share, x[key + k], dX[to + k]);
        }
      }
    }
  }
}
