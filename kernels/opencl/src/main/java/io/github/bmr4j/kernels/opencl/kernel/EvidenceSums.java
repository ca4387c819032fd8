package io.github.bmr4j.kernels.opencl.kernel;

/**
 * Partial sums of ΔF for up to eight reduced priors in one pass over the posterior, and the best
 * candidate of each factor so far. A group takes a block of factors. Sum j of group g is pair
 * {@code firstPair + j groups + g}.
 */
final class EvidenceSums extends Evidence {

  /** Candidates of one pass. */
  static final int CANDIDATES = 8;

  float[] mean;
  int meanAt;
  float[] sd;
  int sdAt;
  int n;

  /** Factors of a group. */
  int block;

  /** From {@code ratiosAt} on, r of eight candidates, then 1 − r of them. */
  float[] ratios;

  int ratiosAt;

  int candidates;

  /** Number of the first of these candidates among all. */
  int firstCandidate;

  /** Whether the best candidates are wanted, too. */
  int wantsBest;

  float[] best;
  int bestAt;
  float[] candidate;
  int candidateAt;

  int firstPair;

  @Override
  public void run() {
    float[] highs8 = new float[8];
    float[] lows8 = new float[8];
    for (int j = 0; j < CANDIDATES; j++) {
      highs8[j] = 0f;
      lows8[j] = 0f;
    }
    // Not the block's end, which may be more than an int holds.
    int start = getGroupId(0) * block;
    int length = n - start < block ? n - start : block;
    for (int k = getLocalId(0); k < length; k = k + SIZE) {
      int i = start + k;
      float m = mean[meanAt + i];
      float s = sd[sdAt + i];
      float largest = Float.NEGATIVE_INFINITY;
      float which = 0f;
      if (wantsBest != 0 && firstCandidate > 0) {
        largest = best[bestAt + i];
        which = candidate[candidateAt + i];
      }
      for (int j = 0; j < CANDIDATES; j++) {
        if (j < candidates) {
          float delta = deltaF(m, s, ratios[ratiosAt + j], ratios[ratiosAt + CANDIDATES + j]);
          lows8[j] = lows8[j] + lost(highs8[j], delta);
          highs8[j] = highs8[j] + delta;
          // The first NaN is kept.
          if (delta > largest || (notANumber(delta) != 0 && notANumber(largest) == 0)) {
            largest = delta;
            which = (float) (firstCandidate + j);
          }
        }
      }
      if (wantsBest != 0) {
        best[bestAt + i] = largest;
        candidate[candidateAt + i] = which;
      }
    }
    int groups = getGlobalSize(0) / SIZE;
    for (int j = 0; j < CANDIDATES; j++) {
      if (j < candidates) {
        groupTotal(highs8[j], lows8[j], firstPair + j * groups + getGroupId(0));
      }
    }
  }
}
