package io.github.bmr4j.kernels.opencl.kernel;

/**
 * What the kernels of attention share: of each token of an example its queries, keys and values,
 * head by head, and of each query its largest score and 1 / Σ exp.
 */
abstract class Attention extends DeviceMath {

  /** Queries of all examples and heads. */
  int n;

  int tokens;
  int heads;
  int size;
  float scale;
  float[] x;
  int xAt;
  int xStride;
  float[] out;
  int outAt;
  int outStride;
  float[] normalizers;
  int normalizersAt;

  /**
   * Where a matrix has what belongs to a token and to the pair of item i: of the projections the
   * query, which the key and the value follow.
   */
  protected int place(int i, int token, int at, int stride) {
    int pair = i / tokens;
    int example = pair / heads;
    return at + (example * tokens + token) * stride + (pair - example * heads) * size;
  }

  /**
   * Where the largest score of the query of item i stands; the other number is as many tokens
   * further.
   */
  protected int normalizer(int i) {
    int pair = i / tokens;
    return normalizersAt + pair * tokens + i;
  }

  /** The scaled score of a query and a key. */
  protected float score(int query, int key) {
    float sum = 0f;
    for (int k = 0; k < size; k++) {
      sum = fma(x[query + k], x[key + k], sum);
    }
    return sum * scale;
  }
}
