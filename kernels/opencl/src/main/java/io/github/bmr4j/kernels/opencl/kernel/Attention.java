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

  /** Where a token's query of the pair of item i begins, the pair's first token being 0. */
  protected int query(int i, int token) {
    int pair = i / tokens;
    int example = pair / heads;
    return xAt + (example * tokens + token) * xStride + (pair - example * heads) * size;
  }

  /** Likewise in out. */
  protected int result(int i, int token) {
    int pair = i / tokens;
    int example = pair / heads;
    return outAt + (example * tokens + token) * outStride + (pair - example * heads) * size;
  }

  /**
   * Where the largest score of the query of item i stands; the other number is a pair's further.
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
