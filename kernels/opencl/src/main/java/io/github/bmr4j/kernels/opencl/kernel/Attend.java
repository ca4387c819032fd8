package io.github.bmr4j.kernels.opencl.kernel;

/** Attention of one query to all keys of its example and head; one item a query. */
final class Attend extends Attention {

  @Override
  public void run() {
    int i = getGlobalId(0);
    if (i < n) {
      int token = i % tokens;
      int width = heads * size;
      int mine = place(i, token, xAt, xStride);
      int first = place(i, 0, xAt, xStride);
      int to = place(i, token, outAt, outStride);
      float largest = Float.NEGATIVE_INFINITY;
      for (int j = 0; j < tokens; j++) {
        float next = score(mine, first + width + j * xStride);
        // A NaN, passed over here, comes back by its exponential.
        largest = next > largest ? next : largest;
      }
      for (int k = 0; k < size; k++) {
        out[to + k] = 0f;
      }
      float sum = 0f;
      for (int j = 0; j < tokens; j++) {
        int key = first + width + j * xStride;
        float weight = exp(score(mine, key) - largest);
        sum = sum + weight;
        for (int k = 0; k < size; k++) {
          out[to + k] = fma(weight, x[key + width + k], out[to + k]);
        }
      }
      float inverse = 1f / sum;
      for (int k = 0; k < size; k++) {
        out[to + k] = out[to + k] * inverse;
      }
      int at = normalizer(i);
      normalizers[at] = largest;
      normalizers[at + tokens] = inverse;
    }
  }
}
